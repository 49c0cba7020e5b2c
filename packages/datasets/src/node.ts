export { cacheFolder } from "./cacheFolder";
export { fetchFile, type FetchFileOptions, type FetchProgress } from "./fetchFile";
export { mnist, mnistMirrors, type MnistOptions } from "./mnist";
export { cifar10, cifar10Mirrors, type Cifar10Options } from "./cifar10";
