import { optionsOf } from "@cajal/core";
import { requestOptions, type RequestOptions } from "@cajal/files";
import type { FetchFileOptions } from "@cajal/files/node";

/** How a data set's files are fetched. */
export interface FetchingOptions
  extends RequestOptions, Pick<FetchFileOptions, "cache" | "offline"> {}

export const fetchingOptions = optionsOf<FetchingOptions>({
  cache: "string",
  offline: "boolean",
  ...requestOptions,
});

/** Where a file lies below each of these addresses. */
export const addressesOf = (mirrors: readonly string[], name: string): string[] =>
  mirrors.map((mirror) => mirror.replace(/\/?$/, "/") + name);
