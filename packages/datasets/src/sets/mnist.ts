// MNIST: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", 1998.
// The four official IDX files.
import type { Dataset } from "../dataset";
import { defineSet } from "./shared/defineSet";
import { readIdxSet, type IdxSet, type IdxSetOptions } from "./shared/idxSet";

export interface MnistOptions extends IdxSetOptions {}

/** Where the official files lie under their official names. */
export const mnistMirrors: readonly string[] = [
  "https://storage.googleapis.com/cvdf-datasets/mnist/",
  "https://ossci-datasets.s3.amazonaws.com/mnist/",
];

const set: IdxSet = {
  name: "mnist",
  torchvision: "MNIST",
  files: {
    train: {
      images: { name: "train-images-idx3-ubyte", md5: "6bbc9ace898e44ae57da46a324031adb" },
      labels: { name: "train-labels-idx1-ubyte", md5: "a25bea736e30d166cdddb491f175f624" },
    },
    test: {
      images: { name: "t10k-images-idx3-ubyte", md5: "2646ac647ad5339dbf082846283269ea" },
      labels: { name: "t10k-labels-idx1-ubyte", md5: "27ae3e4e09519cfbb04c329615203637" },
    },
  },
  counts: { train: 60_000, test: 10_000 },
  classes: [..."0123456789"],
  mirrors: mnistMirrors,
};

/**
 * MNIST, from a folder, or fetched once (11 MB for training, 1.6 MB for testing) and kept in the cache.
 *
 * x float32 `[n, 28, 28, 1]`, 0 (paper) … 1 (ink), kept as bytes and converted batch by batch;
 * y int32 `[n]`: the digit.
 *
 * @throws CajalError `io` for a folder without the files; `bad-file`, `checksum-mismatch` for damaged
 *   ones; and what fetchFile throws
 * @example const train = await mnist(), test = await mnist({ split: "test" });
 */
export const mnist = async (options: MnistOptions = {}): Promise<Dataset<"float32", "int32">> =>
  readIdxSet(set, options);

export const mnistFacts = defineSet({
  name: "mnist",
  title: "MNIST handwritten digits",
  about: "Digits of 28 × 28 grey pixels, written by clerks and pupils.",
  splits: set.counts,
  shape: [28, 28, 1],
  classes: set.classes,
  mean: [0.1306604763],
  std: [0.3081078039],
  files: [
    { name: "train-images-idx3-ubyte.gz", bytes: 9_912_422, md5: "f68b3c2dcbeaaa9fbdd348bbdeb94873", sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", contentMd5: set.files.train.images.md5! }, // prettier-ignore
    { name: "train-labels-idx1-ubyte.gz", bytes: 28_881, md5: "d53e105ee54ea40749a09fcbcd1e9432", sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", contentMd5: set.files.train.labels.md5! }, // prettier-ignore
    { name: "t10k-images-idx3-ubyte.gz", bytes: 1_648_877, md5: "9fb629c4189551a2d022fa330f9573f3", sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", contentMd5: set.files.test.images.md5! }, // prettier-ignore
    { name: "t10k-labels-idx1-ubyte.gz", bytes: 4_542, md5: "ec29112dd5afa0611ce80d1b7f02629c", sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", contentMd5: set.files.test.labels.md5! }, // prettier-ignore
  ],
  mirrors: mnistMirrors,
  dead: [{ url: "http://yann.lecun.com/exdb/mnist/", why: "answers 403 since 2024" }],
  licence: "usually given as CC BY-SA 3.0",
  citation: "Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits, 1998",
  homepage: "http://yann.lecun.com/exdb/mnist/",
  load: (options) => mnist(options as MnistOptions),
});
