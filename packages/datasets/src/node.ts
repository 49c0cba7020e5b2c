export { cacheFolder } from "./cacheFolder";
export { fetchFile, type FetchFileOptions, type FetchProgress } from "./fetchFile";
export { mnist, mnistMirrors, type MnistOptions } from "./mnist";
