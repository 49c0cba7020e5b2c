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
