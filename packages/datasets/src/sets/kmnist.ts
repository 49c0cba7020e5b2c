// Kuzushiji-MNIST: T. Clanuwat et al., 2018, arXiv:1812.01718.
import type { Dataset } from "../dataset";
import { defineSet } from "./shared/defineSet";
import { readIdxSet, type IdxSet, type IdxSetOptions } from "./shared/idxSet";

const set: IdxSet = {
  name: "kmnist",
  torchvision: "KMNIST",
  files: {
    train: {
      images: { name: "train-images-idx3-ubyte", packed: { bytes: 18_165_135, sha256: "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4" } }, // prettier-ignore
      labels: { name: "train-labels-idx1-ubyte", packed: { bytes: 29_497, sha256: "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17" } }, // prettier-ignore
    },
    test: {
      images: { name: "t10k-images-idx3-ubyte", packed: { bytes: 3_041_136, sha256: "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5" } }, // prettier-ignore
      labels: { name: "t10k-labels-idx1-ubyte", packed: { bytes: 5_120, sha256: "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c" } }, // prettier-ignore
    },
  },
  counts: { train: 60_000, test: 10_000 },
  // prettier-ignore
  classes: ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
  mirrors: ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
};

/**
 * Kuzushiji-MNIST, from a folder, or fetched once and kept in the cache; in the form of MNIST.
 *
 * x float32 `[n, 28, 28, 1]`, 0 … 1, kept as bytes and converted batch by batch; y int32 `[n]`.
 *
 * @throws CajalError as mnist does
 */
export const kmnist = async (options: IdxSetOptions = {}): Promise<Dataset<"float32", "int32">> =>
  readIdxSet(set, options);

export const kmnistFacts = defineSet({
  name: "kmnist",
  title: "Kuzushiji-MNIST",
  about: "Ten characters of old Japanese handwriting, 28 × 28 grey pixels.",
  splits: set.counts,
  shape: [28, 28, 1],
  classes: set.classes,
  files: [
    { name: "train-images-idx3-ubyte.gz", bytes: 18_165_135, md5: "bdb82020997e1d708af4cf47b453dcf7", sha256: "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4" }, // prettier-ignore
    { name: "train-labels-idx1-ubyte.gz", bytes: 29_497, md5: "e144d726b3acfaa3e44228e80efcd344", sha256: "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17" }, // prettier-ignore
    { name: "t10k-images-idx3-ubyte.gz", bytes: 3_041_136, md5: "5c965bf0a639b31b8f53240b1b52f4d7", sha256: "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5" }, // prettier-ignore
    { name: "t10k-labels-idx1-ubyte.gz", bytes: 5_120, md5: "7320c461ea6c1c855c0b718fb2a4b134", sha256: "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c" }, // prettier-ignore
  ],
  mirrors: set.mirrors,
  licence: "CC BY-SA 4.0 (CODH)",
  citation:
    "T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto, D. Ha, Deep Learning for Classical Japanese Literature, 2018, arXiv:1812.01718",
  homepage: "http://codh.rois.ac.jp/kmnist/",
  load: (options) => kmnist(options as IdxSetOptions),
});
