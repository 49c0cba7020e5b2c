export { mnist, mnistMirrors, type MnistOptions } from "./sets/mnist";
export { cifar10, cifar10Mirrors, type Cifar10Options } from "./sets/cifar10";
export { readImage } from "./decode/readImage";
export { imageFolder } from "./folders/imageFolder";
export { imageTable, type ImageTableOptions, type TableRow } from "./folders/imageTable";
export {
  lfwPairs,
  lfwPeople,
  parseLfwPairs,
  type LfwOptions,
  type LfwPair,
  type LfwPairsOptions,
  type LfwPeopleOptions,
} from "./sets/lfw";
export type { IdxSetOptions } from "./sets/shared/idxSet";
export { fashionMnist } from "./sets/fashionMnist";
export { kmnist } from "./sets/kmnist";
export { emnist, type EmnistOptions } from "./sets/emnist";
export { cifar100, type Cifar100Options } from "./sets/cifar100";
export { imagenette, type ImagenetteOptions } from "./sets/imagenette";
export { dataSetFacts, dataSets } from "./sets/index";
export type { DataSetFacts, SetFile } from "./sets/shared/defineSet";
export { cacheOnDisk, type CacheOnDiskOptions } from "./cacheOnDisk";
export { inWorkers, type WorkerBatches, type WorkersOptions } from "./inWorkers";
