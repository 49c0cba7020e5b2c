export {
  cacheContents,
  clearCache,
  type CacheContents,
  type CachedFile,
} from "./fetch/cacheContents";
export { cacheFolder } from "@cajal/core";
export type { FetchProgress } from "./fetch/download";
export { fetchFile, type FetchFileOptions } from "./fetch/fetchFile";
export { fileSource } from "./fileSource";
export { gunzip, isGzip, readThrough } from "./containers/gunzip";
export { ioErrors, systemCode } from "./ioErrors";
export {
  checkWritable,
  checkWritableFolder,
  writeAllWhole,
  writeWhole,
  type FileContent,
  type WriteOptions,
} from "./writeWhole";
