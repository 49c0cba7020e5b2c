export { cacheFolder } from "./fetch/cacheFolder";
export { fetchFile, type FetchFileOptions, type FetchProgress } from "./fetch/fetchFile";
export { fileSource } from "./fileSource";
export { io } from "./ioErrors";
