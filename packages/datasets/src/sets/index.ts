// The list of data sets: the readers of those that are fetched, and the facts of all that have a name, which the
// command line and the docs know.
import { unknownName } from "@cajal/core";
import { cifar10Facts } from "./cifar10";
import { cifar100Facts } from "./cifar100";
import { digitsFacts } from "./digits";
import { emnistFacts } from "./emnist";
import { fashionMnistFacts } from "./fashionMnist";
import { imagenetteFacts } from "./imagenette";
import { irisFacts } from "./iris";
import { kmnistFacts } from "./kmnist";
import { lfwFacts } from "./lfw";
import { mnistFacts } from "./mnist";
import type { DataSetFacts } from "./shared/defineSet";

export { cifar10, cifar10Mirrors, type Cifar10Options } from "./cifar10";
export { cifar100, type Cifar100Options } from "./cifar100";
export { emnist, type EmnistOptions } from "./emnist";
export { fashionMnist } from "./fashionMnist";
export { imagenette, type ImagenetteOptions } from "./imagenette";
export { kmnist } from "./kmnist";
export {
  lfwPairs,
  lfwPeople,
  parseLfwPairs,
  type LfwOptions,
  type LfwPair,
  type LfwPairsOptions,
  type LfwPeopleOptions,
} from "./lfw";
export { mnist, mnistMirrors, type MnistOptions } from "./mnist";

/** All of them, the small ones first. */
export const dataSets: readonly DataSetFacts[] = [
  irisFacts,
  digitsFacts,
  mnistFacts,
  fashionMnistFacts,
  kmnistFacts,
  emnistFacts,
  cifar10Facts,
  cifar100Facts,
  lfwFacts,
  imagenetteFacts,
];

/**
 * What is known of a data set: files with their hashes, mirrors, classes, licence, and its reader.
 *
 * @throws CajalError `unknown-name`
 * @example dataSetFacts("mnist").mean // [0.1306604763]
 */
export function dataSetFacts(name: string): DataSetFacts {
  const record = dataSets.find((each) => each.name === name);
  if (record === undefined) throw unknownName("data set", name, dataSets.map((each) => each.name)); // prettier-ignore
  return record;
}
