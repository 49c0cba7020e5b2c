// Fashion-MNIST: H. Xiao, K. Rasul, R. Vollgraf, 2017, arXiv:1708.07747.
import type { Dataset } from "../dataset";
import { defineSet } from "./shared/defineSet";
import { readIdxSet, type IdxSet, type IdxSetOptions } from "./shared/idxSet";

const set: IdxSet = {
  name: "fashion-mnist",
  torchvision: "FashionMNIST",
  files: {
    train: {
      images: { name: "train-images-idx3-ubyte", packed: { bytes: 26_421_880, sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84" } }, // prettier-ignore
      labels: { name: "train-labels-idx1-ubyte", packed: { bytes: 29_515, sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845" } }, // prettier-ignore
    },
    test: {
      images: { name: "t10k-images-idx3-ubyte", packed: { bytes: 4_422_102, sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073" } }, // prettier-ignore
      labels: { name: "t10k-labels-idx1-ubyte", packed: { bytes: 5_148, sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5" } }, // prettier-ignore
    },
  },
  counts: { train: 60_000, test: 10_000 },
  // prettier-ignore
  classes: ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
  mirrors: [
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
  ],
};

/**
 * Fashion-MNIST, from a folder, or fetched once and kept in the cache; in the form of MNIST.
 *
 * x float32 `[n, 28, 28, 1]`, 0 … 1, kept as bytes and converted batch by batch; y int32 `[n]`.
 *
 * @throws CajalError as mnist does
 */
export const fashionMnist = async (
  options: IdxSetOptions = {},
): Promise<Dataset<"float32", "int32">> => readIdxSet(set, options);

export const fashionMnistFacts = defineSet({
  name: "fashion-mnist",
  title: "Fashion-MNIST",
  about: "Clothes of 28 × 28 grey pixels, a harder MNIST.",
  splits: set.counts,
  shape: [28, 28, 1],
  classes: set.classes,
  files: [
    { name: "train-images-idx3-ubyte.gz", bytes: 26_421_880, md5: "8d4fb7e6c68d591d4c3dfef9ec88bf0d", sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84" }, // prettier-ignore
    { name: "train-labels-idx1-ubyte.gz", bytes: 29_515, md5: "25c81989df183df01b3e8a0aad5dffbe", sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845" }, // prettier-ignore
    { name: "t10k-images-idx3-ubyte.gz", bytes: 4_422_102, md5: "bef4ecab320f06d8554ea6380940ec79", sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073" }, // prettier-ignore
    { name: "t10k-labels-idx1-ubyte.gz", bytes: 5_148, md5: "bb300cfdad3c16e7a12a480ee83cd310", sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5" }, // prettier-ignore
  ],
  mirrors: set.mirrors,
  licence: "MIT (Zalando SE)",
  citation:
    "H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms, 2017, arXiv:1708.07747",
  homepage: "https://github.com/zalandoresearch/fashion-mnist",
  load: (options) => fashionMnist(options as IdxSetOptions),
});
