import { optionsOf } from "@cajal/core";
import type { FetchFileOptions } from "@cajal/files/node";

/** How a data set's files are fetched. */
export type FetchingOptions = Pick<
  FetchFileOptions,
  | "cache"
  | "offline"
  | "stallTimeout"
  | "retries"
  | "retryDelay"
  | "signal"
  | "onProgress"
  | "fetch"
>;

export const fetchingOptions = optionsOf<FetchingOptions>({
  cache: true,
  offline: true,
  stallTimeout: true,
  retries: true,
  retryDelay: true,
  signal: true,
  onProgress: true,
  fetch: true,
});
