// The sets that are four IDX files, images and labels of training and test: MNIST and those made in its form.
// Mirrors pack the files differently, so where the content's hash is published it is the content that is checked.
import { CajalError, checkOptions, optionsOf, tensor } from "@cajal/core";
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
import { type Dataset, dataset } from "../../dataset";
import { addressesOf, fetchingOptions, type FetchingOptions } from "./fetchingOptions";
import { parseIdx } from "../../decode/parseIdx";
import { rescale } from "../../transforms/rescale";

/** A file: its name without `.gz`, and what is published of its content, or of the packed file. */
export interface IdxFile {
  readonly name: string;
  readonly md5?: string;
  readonly packed?: { readonly sha256: string; readonly bytes: number };
}

export interface IdxSet {
  /** Of the function and of the folder in the cache. */
  readonly name: string;
  /** Folder below which torchvision keeps it: `MNIST/raw`. */
  readonly torchvision: string;
  readonly files: Readonly<
    Record<"train" | "test", { readonly images: IdxFile; readonly labels: IdxFile }>
  >;
  readonly counts: Readonly<Record<"train" | "test", number>>;
  readonly classes: readonly string[];
  readonly mirrors: readonly string[];
}

export interface IdxSetOptions extends FetchingOptions {
  /** "train", 60,000 images, the default; or "test", 10,000. */
  split?: "train" | "test";
  /**
   * A folder that holds the files, packed (`….gz`) or not, as the official site, torchvision
   * (`MNIST/raw/`), Kaggle (`train-images.idx3-ubyte`, or a folder of the file's name that holds it) and
   * 7-Zip leave them: nothing is fetched or cached.
   */
  folder?: string;
  /** Addresses below which the files lie under their official names; default: those of the set's facts. */
  mirrors?: readonly string[];
}

const idxSetOptions = optionsOf<IdxSetOptions>({
  ...fetchingOptions,
  split: ["train", "test"],
  folder: "string",
  mirrors: "strings",
});

/** The dataset: x float32 `[n, 28, 28, 1]`, 0 … 1, kept as bytes; y int32 `[n]`. */
export async function readIdxSet(
  set: IdxSet,
  options: IdxSetOptions,
): Promise<Dataset<"float32", "int32">> {
  checkOptions(set.name, options, idxSetOptions);
  const { split = "train", folder, mirrors = set.mirrors, ...fetching } = options;
  const files = set.files[split];
  fetching.signal?.throwIfAborted();

  // When one file fails, the other's download ends too.
  const failed = new AbortController();
  const signal = fetching.signal
    ? AbortSignal.any([fetching.signal, failed.signal])
    : failed.signal;
  const read = async (file: IdxFile) => {
    try {
      const bytes =
        folder === undefined
          ? await fromCache(set, file, mirrors, { ...fetching, signal })
          : await fromFolder(set, file, folder);
      return parseIdx(bytes, { name: file.name });
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const [images, labels] = await Promise.all([read(files.images), read(files.labels)]);
  if (images.dtype !== "uint8" || labels.dtype !== "uint8")
    throw new CajalError("bad-file", `${set.name}: expected files of bytes.`, { split });
  const [count] = [set.counts[split]];
  const shape = [count, 28, 28];
  if (images.shape.join() !== shape.join() || labels.shape.join() !== String(count))
    throw new CajalError(
      "bad-file",
      `${set.name}: got images [${images.shape.join(",")}] and labels [${labels.shape.join(",")}], expected [${shape.join(",")}] and [${count}]. They are of another set.`,
      { split, images: images.shape, labels: labels.shape },
    );
  return dataset({
    x: tensor("uint8", [...images.shape, 1], images.data as Uint8Array),
    y: tensor("int32", labels.shape, Int32Array.from(labels.data as Uint8Array)),
    classes: set.classes,
  }).map(rescale(1 / 255));
}

/** A file's name and, for what Kaggle and 7-Zip unpack, its name with a dot: `train-images.idx3-ubyte`. */
const spellings = (name: string) => [name, name.replace("-idx", ".idx")];

/** Paths that may hold a file, most official first; unpackers make a folder of its name around it. */
function candidates(set: IdxSet, folder: string, { name }: IdxFile): string[] {
  const names = spellings(name).flatMap((each) => [`${each}.gz`, each]);
  // Where within a folder the files may lie: torchvision's root, its folder of the set, and itself.
  const places = ["", "raw", `${set.torchvision}/raw`, set.torchvision];
  return places.flatMap((place) => [
    ...names.map((each) => join(folder, place, each)),
    ...names.flatMap((outer) => names.map((inner) => join(folder, place, outer, inner))),
  ]);
}

async function fromFolder(set: IdxSet, file: IdxFile, folder: string): Promise<Uint8Array> {
  let problem: unknown;
  for (const path of candidates(set, folder, file)) {
    const bytes = await readIfThere(path);
    if (bytes === undefined) continue;
    try {
      return await unpack(bytes, path, file);
    } catch (error) {
      // Another copy may be right.
      problem ??= error;
    }
  }
  throw (
    problem ??
    new CajalError(
      "io",
      `${set.name}: the folder ${folder} has neither ${spellings(file.name)
        .map((name) => `${name}.gz nor ${name}`)
        .join(
          " nor ",
        )}, itself or in raw or ${set.torchvision}/raw. Put the official file there, or leave out "folder" to fetch it.`,
      { folder, file: file.name },
    )
  );
}

async function fromCache(
  set: IdxSet,
  file: IdxFile,
  mirrors: readonly string[],
  options: Omit<FetchFileOptions, "urls" | "to">,
): Promise<Uint8Array> {
  const to = join(set.name, `${file.name}.gz`);
  const cached = join(options.cache ?? cacheFolder(), to);
  const bytes = await readIfThere(cached);
  // A damaged file is fetched anew below.
  if (bytes !== undefined) {
    const content = await unpack(bytes, cached, file).catch(() => undefined);
    if (content !== undefined) return content;
  }
  const urls = addressesOf(mirrors, `${file.name}.gz`);
  const hash =
    file.md5 === undefined
      ? { sha256: file.packed!.sha256, size: file.packed!.bytes }
      : { md5: file.md5, gunzip: true };
  const path = await fetchFile({ ...options, urls, to, ...hash });
  return unpack(await ioErrors("reading", path, () => readFile(path)), path, file);
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
async function unpack(bytes: Uint8Array, path: string, file: IdxFile): Promise<Uint8Array> {
  const packed = isGzip(bytes);
  // Of unpacked files whose content has no published hash the shapes are checked alone.
  if (file.md5 === undefined && packed) checkHash(bytes, path, "sha256", file.packed!.sha256);
  const content = packed ? await gunzip(bytes, { name: path, limit }) : bytes;
  if (file.md5 !== undefined) checkHash(content, path, "md5", file.md5);
  return content;
}

function checkHash(content: Uint8Array, path: string, kind: string, expected: string): void {
  const got = createHash(kind).update(content).digest("hex");
  if (got !== expected)
    throw new CajalError(
      "checksum-mismatch",
      `${path}: the content has ${kind} ${got}, expected ${expected}. It is damaged, or another file.`,
      { path, got, expected },
    );
}
