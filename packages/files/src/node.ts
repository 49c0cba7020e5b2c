export { cacheFolder } from "./fetch/cacheFolder";
export { fetchFile, type FetchFileOptions, type FetchProgress } from "./fetch/fetchFile";
export { io } from "./ioErrors";
