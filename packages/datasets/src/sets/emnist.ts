// EMNIST: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, "EMNIST: an extension of MNIST to handwritten letters",
// 2017, arXiv:1702.05373. One zip of gzipped IDX files, whose pictures are stored transposed.
import { CajalError, checkOptions, optionsOf, tensor } from "@cajal/core";
import { needEntry, openZip } from "@cajal/files";
import { fetchFile, fileSource, gunzip } from "@cajal/files/node";
import { join } from "node:path";
import { dataset, type Dataset } from "../dataset";
import { parseIdx } from "../decode/parseIdx";
import { rescale } from "../transforms/rescale";
import { defineSet } from "./shared/defineSet";
import { addressesOf, fetchingOptions, type FetchingOptions } from "./shared/fetchingOptions";

const archive = {
  name: "gzip.zip",
  bytes: 561_753_746,
  md5: "58c8d27c78d21e728a6bc7b3cc06412e",
  sha256: "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
};

const mirrors = ["https://biometrics.nist.gov/cs_links/EMNIST/"];

const digits = "0123456789";
const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** Small letters that look unlike their capitals; the others are counted with these. */
const unlike = "abdefghnqrt";

/** Counts of training and test, and what the labels stand for. */
const subsets = {
  byclass: { train: 697_932, test: 116_323, classes: [...digits, ...capitals, ...capitals.toLowerCase()], first: 0 }, // prettier-ignore
  bymerge: { train: 697_932, test: 116_323, classes: [...digits, ...capitals, ...unlike], first: 0 }, // prettier-ignore
  balanced: { train: 112_800, test: 18_800, classes: [...digits, ...capitals, ...unlike], first: 0 }, // prettier-ignore
  // The files count letters from 1.
  letters: { train: 124_800, test: 20_800, classes: [...capitals.toLowerCase()], first: 1 },
  digits: { train: 240_000, test: 40_000, classes: [...digits], first: 0 },
  mnist: { train: 60_000, test: 10_000, classes: [...digits], first: 0 },
} as const;

export interface EmnistOptions extends FetchingOptions {
  /** Which of the six; default "balanced", 47 classes of digits and letters. */
  subset?: keyof typeof subsets;
  /** Default "train". */
  split?: "train" | "test";
  /** A folder that holds `gzip.zip`: nothing is fetched or cached. */
  folder?: string;
}

const emnistOptions = optionsOf<EmnistOptions>({
  ...fetchingOptions,
  subset: Object.keys(subsets),
  split: ["train", "test"],
  folder: "string",
});

/**
 * EMNIST, from a folder, or fetched once (562 MB, all subsets) and kept in the cache.
 *
 * x float32 `[n, 28, 28, 1]`, 0 … 1, upright; y int32 `[n]`: the class from 0, of `letters`, too.
 *
 * @throws CajalError `io`, `bad-file`, `checksum-mismatch`; and what fetchFile throws
 */
export async function emnist(options: EmnistOptions = {}): Promise<Dataset<"float32", "int32">> {
  checkOptions("emnist", options, emnistOptions);
  const { subset = "balanced", split = "train", folder, ...fetching } = options;
  const { name, sha256, bytes: size } = archive;
  const urls = addressesOf(mirrors, name);
  const path =
    folder === undefined
      ? await fetchFile({ ...fetching, urls, sha256, size, to: join("emnist", name) })
      : join(folder, name);
  const { classes, first, ...counts } = subsets[subset];
  const file = await fileSource(path);
  try {
    const entries = await openZip(file);
    const read = async (kind: string) => {
      const entry = `gzip/emnist-${subset}-${split}-${kind}-ubyte.gz`;
      const packed = await needEntry(entries, entry, path).read();
      return parseIdx(await gunzip(packed, { name: entry, limit: 2 ** 30 }), { name: entry });
    };
    const [images, labels] = [await read("images-idx3"), await read("labels-idx1")];
    const count = counts[split];
    if (images.shape.join() !== `${count},28,28` || labels.shape.join() !== String(count))
      throw new CajalError("bad-file", `${path}: got images [${images.shape.join(",")}] and labels [${labels.shape.join(",")}], expected [${count},28,28] and [${count}].`, { path, subset, split }); // prettier-ignore
    const y = Int32Array.from(labels.data as Uint8Array, (label) => label - first);
    const wrong = y.findIndex((label) => label < 0 || label >= classes.length);
    if (wrong >= 0)
      throw new CajalError("bad-file", `${path}: example ${wrong} has the label ${y[wrong]! + first}, expected ${first} … ${first + classes.length - 1}.`, { path, example: wrong }); // prettier-ignore
    const x = tensor("uint8", [count, 28, 28, 1], transposed(images.data as Uint8Array));
    return dataset({ x, y: tensor("int32", [count], y), classes }).map(rescale(1 / 255));
  } finally {
    await file[Symbol.asyncDispose]();
  }
}

/** Rows and columns of each picture of 28 × 28 changed over. */
function transposed(from: Uint8Array): Uint8Array {
  const to = new Uint8Array(from.length);
  for (let at = 0; at < from.length; at += 784)
    for (let y = 0; y < 28; y++)
      for (let x = 0; x < 28; x++) to[at + y * 28 + x] = from[at + x * 28 + y]!;
  return to;
}

export const emnistFacts = defineSet({
  name: "emnist",
  title: "EMNIST letters and digits",
  about:
    "Handwritten letters and digits in six subsets, 28 × 28 grey pixels; balanced unless asked.",
  splits: { train: subsets.balanced.train, test: subsets.balanced.test },
  shape: [28, 28, 1],
  classes: subsets.balanced.classes,
  files: [archive],
  mirrors,
  dead: [
    {
      url: "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
      why: "answers a web page with status 200",
    },
  ],
  licence: "public (NIST Special Database 19)",
  citation: "G. Cohen, S. Afshar, J. Tapson, A. van Schaik, EMNIST: an extension of MNIST to handwritten letters, 2017, arXiv:1702.05373", // prettier-ignore
  homepage: "https://www.nist.gov/itl/products-and-services/emnist-dataset",
  notes: [
    "The files have rows and columns changed over; they are put upright.",
    "The files count letters from 1; here they count from 0.",
  ],
  load: (options) => emnist(options as EmnistOptions),
});
