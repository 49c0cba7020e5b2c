export { mnist, mnistMirrors, type MnistOptions } from "./sets/mnist";
export { cifar10, cifar10Mirrors, type Cifar10Options } from "./sets/cifar10";
export { readImage } from "./decode/readImage";
