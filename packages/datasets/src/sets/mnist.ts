// MNIST: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", 1998.
// The four official IDX files; mirrors pack them differently, so it is the content that is checked.
import { CajalError, checkOptions, tensor, unknownName } from "@cajal/core";
import {
  cacheFolder,
  fetchFile,
  type FetchFileOptions,
  gunzip,
  ioErrors,
  isGzip,
  systemCode,
} from "@cajal/files/node";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, dataset } from "../dataset";
import { fetchingOptions, type FetchingOptions } from "./fetchingOptions";
import { parseIdx } from "../decode/parseIdx";
import { rescale } from "../transforms/rescale";

/** Name and published MD5 of the unpacked content. */
const files = {
  train: {
    images: { name: "train-images-idx3-ubyte", md5: "6bbc9ace898e44ae57da46a324031adb" },
    labels: { name: "train-labels-idx1-ubyte", md5: "a25bea736e30d166cdddb491f175f624" },
  },
  test: {
    images: { name: "t10k-images-idx3-ubyte", md5: "2646ac647ad5339dbf082846283269ea" },
    labels: { name: "t10k-labels-idx1-ubyte", md5: "27ae3e4e09519cfbb04c329615203637" },
  },
} as const;

/** Where the official files lie under their official names. */
export const mnistMirrors: readonly string[] = [
  "https://storage.googleapis.com/cvdf-datasets/mnist/",
  "https://ossci-datasets.s3.amazonaws.com/mnist/",
];

export interface MnistOptions extends FetchingOptions {
  /** "train", 60,000 images, the default; or "test", 10,000. */
  split?: "train" | "test";
  /**
   * A folder that holds the files, packed (`….gz`) or not, as the official site, torchvision
   * (`MNIST/raw/`), Kaggle (`train-images.idx3-ubyte`, or a folder of the file's name that holds it) and
   * 7-Zip leave them: nothing is fetched or cached.
   */
  folder?: string;
  /** Addresses below which the files lie under their official names; default {@link mnistMirrors}. */
  mirrors?: readonly string[];
}

/**
 * MNIST, from a folder, or fetched once (11 MB for training, 1.6 MB for testing) and kept in the cache.
 *
 * x float32 `[n, 28, 28, 1]`, 0 (paper) … 1 (ink), kept as bytes and converted batch by batch;
 * y int32 `[n]`: the digit.
 *
 * @throws CajalError `io` for a folder without the files; `bad-file`, `checksum-mismatch` for damaged
 *   ones; and what {@link fetchFile} throws
 * @example const train = await mnist(), test = await mnist({ split: "test" });
 */
export async function mnist(options: MnistOptions = {}): Promise<Dataset<"float32", "int32">> {
  const { split = "train", folder, mirrors = mnistMirrors, ...fetching } = options;
  checkOptions("mnist", fetching, fetchingOptions);
  const wanted = Object.hasOwn(files, split) ? files[split] : undefined;
  if (wanted === undefined) throw unknownName("split of mnist", split, Object.keys(files));
  fetching.signal?.throwIfAborted();

  // When one file fails, the other's download ends too.
  const failed = new AbortController();
  const signal = fetching.signal
    ? AbortSignal.any([fetching.signal, failed.signal])
    : failed.signal;
  const read = async (file: File) => {
    try {
      const bytes =
        folder === undefined
          ? await fromCache(file, mirrors, { ...fetching, signal })
          : await fromFolder(file, folder);
      return parseIdx(bytes, { name: file.name });
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const [images, labels] = await Promise.all([read(wanted.images), read(wanted.labels)]);
  if (images.dtype !== "uint8" || labels.dtype !== "uint8")
    throw new CajalError("bad-file", "mnist: expected files of bytes.", { split });
  return dataset({
    x: tensor("uint8", [...images.shape, 1], images.data as Uint8Array),
    y: tensor("int32", labels.shape, Int32Array.from(labels.data as Uint8Array)),
    classes: [..."0123456789"],
  }).map(rescale(1 / 255));
}

type File = (typeof files)[keyof typeof files]["images" | "labels"];

/** Where within a folder the files may lie: torchvision's root, its folder of the set, and itself. */
const places = ["", "raw", "MNIST/raw", "MNIST"];

/** A file's name and, for what Kaggle and 7-Zip unpack, its name with a dot: `train-images.idx3-ubyte`. */
const spellings = (name: string) => [name, name.replace("-idx", ".idx")];

/** Paths that may hold a file, most official first; unpackers make a folder of its name around it. */
function candidates(folder: string, { name }: File): string[] {
  const names = spellings(name).flatMap((each) => [`${each}.gz`, each]);
  return places.flatMap((place) => [
    ...names.map((each) => join(folder, place, each)),
    ...names.flatMap((outer) => names.map((inner) => join(folder, place, outer, inner))),
  ]);
}

async function fromFolder(file: File, folder: string): Promise<Uint8Array> {
  let problem: unknown;
  for (const path of candidates(folder, file)) {
    const bytes = await readIfThere(path);
    if (bytes === undefined) continue;
    try {
      return await unpack(bytes, path, file.md5);
    } catch (error) {
      // Another copy may be right.
      problem ??= error;
    }
  }
  throw (
    problem ??
    new CajalError(
      "io",
      `mnist: the folder ${folder} has neither ${spellings(file.name)
        .map((name) => `${name}.gz nor ${name}`)
        .join(
          " nor ",
        )}, itself or in raw or MNIST/raw. Put the official file there, or leave out "folder" to fetch it.`,
      { folder, file: file.name },
    )
  );
}

async function fromCache(
  file: File,
  mirrors: readonly string[],
  options: Omit<FetchFileOptions, "urls" | "to">,
): Promise<Uint8Array> {
  const to = join("mnist", `${file.name}.gz`);
  const cached = join(options.cache ?? cacheFolder(), to);
  const bytes = await readIfThere(cached);
  // A damaged file is fetched anew below.
  if (bytes !== undefined) {
    const content = await unpack(bytes, cached, file.md5).catch(() => undefined);
    if (content !== undefined) return content;
  }
  const urls = mirrors.map((mirror) => `${mirror.replace(/\/?$/, "/")}${file.name}.gz`);
  const path = await fetchFile({ ...options, urls, to, md5: file.md5, gunzip: true });
  return unpack(await ioErrors("reading", path, () => readFile(path)), path, file.md5);
}

/** A file's bytes; undefined where there is none, or a folder. */
const readIfThere = (path: string) =>
  ioErrors("reading", path, () =>
    readFile(path).catch((error: unknown) => {
      if (["ENOENT", "ENOTDIR", "EISDIR"].includes(systemCode(error) ?? "")) return undefined;
      throw error;
    }),
  );

/** 47 MB is the largest of the four, unpacked. */
const limit = 2 ** 26;

/** By its first bytes, not its name: browsers and unpackers leave either name on either content. */
async function unpack(bytes: Uint8Array, path: string, md5: string): Promise<Uint8Array> {
  const content = isGzip(bytes) ? await gunzip(bytes, { name: path, limit }) : bytes;
  const got = createHash("md5").update(content).digest("hex");
  if (got !== md5)
    throw new CajalError(
      "checksum-mismatch",
      `${path}: the content has md5 ${got}, expected ${md5}. It is damaged, or another file.`,
      { path, got, expected: md5 },
    );
  return content;
}
