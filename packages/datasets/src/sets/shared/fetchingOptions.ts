import { optionsOf } from "@cajal/core";
import type { FetchFileOptions } from "@cajal/files/node";

/** How a data set's files are fetched. */
export type FetchingOptions = Pick<
  FetchFileOptions,
  | "cache"
  | "offline"
  | "stallTimeout"
  | "minimumRate"
  | "rateWindow"
  | "retries"
  | "retryDelay"
  | "signal"
  | "onProgress"
  | "fetch"
>;

export const fetchingOptions = optionsOf<FetchingOptions>({
  cache: "string",
  offline: "boolean",
  stallTimeout: { least: 0 },
  minimumRate: { least: 0 },
  rateWindow: { least: 0 },
  retries: { least: 0 },
  retryDelay: { least: 0 },
  signal: "signal",
  onProgress: "function",
  fetch: "function",
});
