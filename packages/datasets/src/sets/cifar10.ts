// CIFAR-10: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009; the binary
// version of www.cs.toronto.edu/~kriz/cifar.html. A batch is 10,000 records of 3,073 bytes: the label,
// then the image's red, green and blue, each 32 × 32 row by row.
import { CajalError, abortable, checkOptions, optionsOf, tensor } from "@cajal/core";
import { readTar } from "@cajal/files";
import {
  fetchFile,
  type FetchFileOptions,
  ioErrors,
  readThrough,
  systemCode,
} from "@cajal/files/node";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Dataset, dataset } from "../dataset";
import { defineSet } from "./shared/defineSet";
import { addressesOf, fetchingOptions, type FetchingOptions } from "./shared/fetchingOptions";
import { rescale } from "../transforms/rescale";

/** The official archive, 170 MB, with its published MD5. */
const archive = {
  name: "cifar-10-binary.tar.gz",
  md5: "c32a1d4ab5d03f1284b67883e8d87530",
  size: 170_052_171,
};

/** The folder that the archive unpacks to. */
const unpackedFolder = "cifar-10-batches-bin";

/** The batches of each split, and the MD5 of each. */
const batches = {
  train: [
    { name: "data_batch_1", md5: "5dd7e06a14cb22eb9f671a540d1b7c25" },
    { name: "data_batch_2", md5: "5ea93a67294ea407fff1d09f752e9692" },
    { name: "data_batch_3", md5: "942cd6a4bcdd0dd3c604fbe906cb4421" },
    { name: "data_batch_4", md5: "ae636b3ba5c66a11e91e8cb52e771fcb" },
    { name: "data_batch_5", md5: "53f37980c15c3d472c316c40844f3f0d" },
  ],
  test: [{ name: "test_batch", md5: "803d5f7f4d78ea53de84dbe85f74fb6d" }],
} as const;

/** Names of the classes in the order of `batches.meta.txt`. */
// prettier-ignore
const classes = [
  "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
];

const [records, side, channels] = [10_000, 32, 3];
const pixels = side * side;
const record = 1 + pixels * channels;

/** Where the official archive lies under its official name. */
export const cifar10Mirrors: readonly string[] = [
  "https://www.cs.toronto.edu/~kriz/",
  "https://cave.cs.toronto.edu/kriz/",
  "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
];

export interface Cifar10Options extends FetchingOptions {
  /** "train", 50,000 images, the default; or "test", 10,000. */
  split?: "train" | "test";
  /**
   * A folder that holds the batches (`data_batch_1.bin` … `test_batch.bin`), the folder
   * `cifar-10-batches-bin` with them, or `cifar-10-binary.tar.gz`: nothing is fetched or cached.
   */
  folder?: string;
  /**
   * Takes what the folder has where that is only a part of the split: some of the batches, or the first
   * n records of one in a file named `…_first<n>.bin`. Default false: a part is an error.
   */
  partial?: boolean;
  /** Addresses below which the archive lies under its official name; default {@link cifar10Mirrors}. */
  mirrors?: readonly string[];
}

const cifar10Options = optionsOf<Cifar10Options>({
  ...fetchingOptions,
  split: Object.keys(batches),
  folder: "string",
  partial: "boolean",
  mirrors: "strings",
});

/**
 * CIFAR-10, from a folder, or fetched once (170 MB, both splits) and kept in the cache.
 *
 * x float32 `[n, 32, 32, 3]`, 0 … 1, red, green, blue; kept as bytes and converted batch by batch;
 * y int32 `[n]`: the class, of ten.
 *
 * @throws CajalError `io` for a folder without the files, or with only a part of them; `bad-file`,
 *   `checksum-mismatch` for damaged ones; and what {@link fetchFile} throws
 * @example const train = await cifar10(), test = await cifar10({ split: "test" });
 */
export async function cifar10(options: Cifar10Options = {}): Promise<Dataset<"float32", "int32">> {
  checkOptions("cifar10", options, cifar10Options);
  const {
    split = "train",
    folder,
    partial = false,
    mirrors = cifar10Mirrors,
    ...fetching
  } = options;
  const batchFiles: readonly Batch[] = batches[split];
  const { signal } = fetching;
  signal?.throwIfAborted();

  const place = folder ?? (await fetched(mirrors, fetching));
  const files =
    folder === undefined
      ? await fromArchive(place, batchFiles, signal)
      : await fromFolder(place, batchFiles, signal);
  const contents = batchFiles.flatMap(({ name }) => files.get(name) ?? []);
  checkComplete(batchFiles, files, { place, partial });
  for (const file of contents) check(file);
  signal?.throwIfAborted();
  return dataset({ ...decode(contents), classes }).map(rescale(1 / 255));
}

interface Batch {
  readonly name: string;
  readonly md5: string;
}

/** A batch, or its first records. */
interface File {
  readonly batch: Batch;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** How many of the batch's records it should have. */
  readonly records: number;
}

/** The batches that were found, by name. */
type Files = ReadonlyMap<string, File>;

const fetched = (mirrors: readonly string[], options: Omit<FetchFileOptions, "urls" | "to">) => {
  const { name, md5, size } = archive;
  const urls = addressesOf(mirrors, name);
  return fetchFile({ ...options, urls, to: join("cifar10", name), md5, size });
};

async function fromFolder(
  folder: string,
  batchFiles: readonly Batch[],
  signal: AbortSignal | undefined,
): Promise<Files> {
  for (const place of [folder, join(folder, unpackedFolder)]) {
    const files = new Map<string, File>();
    for (const name of await namesIn(place)) {
      const member = memberOf(name, batchFiles);
      if (member === undefined || !isBetter(member, files)) continue;
      const path = join(place, name);
      const bytes = await ioErrors("reading", path, () => abortable(readFile(path), signal));
      files.set(member.batch.name, { ...member, path, bytes });
    }
    if (files.size > 0) return files;
  }
  if ((await namesIn(folder)).includes(archive.name))
    return fromArchive(join(folder, archive.name), batchFiles, signal);
  return new Map();
}

async function fromArchive(
  path: string,
  batchFiles: readonly Batch[],
  signal: AbortSignal | undefined,
): Promise<Files> {
  const files = new Map<string, File>();
  await readThrough(path, { gzip: true, signal }, async (pieces) => {
    const members = readTar(pieces, {
      name: path,
      wants: (name) => memberOf(name, batchFiles) !== undefined,
      limit: records * record,
    });
    for await (const { name, content } of members) {
      const member = memberOf(name, batchFiles)!;
      if (isBetter(member, files))
        files.set(member.batch.name, { ...member, path: `${path}: ${name}`, bytes: content });
    }
  });
  return files;
}

/** Which batch a file of this name holds, and how much of it; undefined for any other file. */
function memberOf(path: string, files: readonly Batch[]) {
  const [, name, first] = /^(\w+?)(?:_first(\d+))?\.bin$/.exec(basename(path)) ?? [];
  const batch = files.find((each) => each.name === name);
  const count = Number(first ?? records);
  return batch && count <= records ? { batch, records: count } : undefined;
}

/** Whether it is the first file of its batch, or has more of it than the one before. */
const isBetter = (file: Pick<File, "batch" | "records">, files: Files) =>
  file.records > (files.get(file.batch.name)?.records ?? 0);

function checkComplete(
  batchFiles: readonly Batch[],
  files: Files,
  { place, partial }: { place: string; partial: boolean },
): void {
  const missing = batchFiles.filter(({ name }) => files.get(name)?.records !== records);
  if (missing.length === 0 || (partial && files.size > 0)) return;
  const names = missing.map(({ name }) => `${name}.bin`);
  const has = [...files.values()].map(({ path }) => basename(path));
  throw new CajalError(
    "io",
    has.length === 0
      ? `cifar10: ${place} has neither ${archive.name} nor ${names.join(", ")}. Put the official files there, or leave out "folder" to fetch them.`
      : `cifar10: ${place} has only ${has.join(", ")}; missing are ${names.join(", ")}. Put the official files there, leave out "folder" to fetch them, or set "partial" to take what there is.`,
    { place, missing: names, has },
  );
}

function check({ batch, path, bytes, records: expected }: File): void {
  if (bytes.length !== expected * record)
    throw new CajalError(
      "bad-file",
      `${path}: got ${bytes.length} bytes, expected ${expected * record}, ${expected} records of ${record}. It is ${bytes.length < expected * record ? "truncated, or " : ""}another file.`,
      { path, length: bytes.length, expected: expected * record },
    );
  if (expected === records) {
    const got = createHash("md5").update(bytes).digest("hex");
    if (got !== batch.md5)
      throw new CajalError(
        "checksum-mismatch",
        `${path}: the content has md5 ${got}, expected ${batch.md5}. It is damaged, or another file.`,
        { path, got, expected: batch.md5 },
      );
    return;
  }
  // Of a part no checksum is published.
  for (let at = 0; at < bytes.length; at += record)
    if (bytes[at]! >= classes.length)
      throw new CajalError(
        "bad-file",
        `${path}: record ${at / record} has the label ${bytes[at]}, expected 0 … ${classes.length - 1}. It is damaged, or another file.`,
        { path, record: at / record, label: bytes[at] },
      );
}

/** Images from planes of colours, as the files have them, to colours of pixels. */
function decode(files: readonly File[]) {
  const count = files.reduce((sum, file) => sum + file.records, 0);
  const x = tensor("uint8", [count, side, side, channels]);
  const y = tensor("int32", [count]);
  let n = 0;
  for (const { bytes } of files)
    for (let at = 0; at < bytes.length; at += record, n++) {
      y.data[n] = bytes[at]!;
      const to = n * pixels * channels;
      for (let c = 0; c < channels; c++)
        for (let p = 0; p < pixels; p++)
          x.data[to + p * channels + c] = bytes[at + 1 + c * pixels + p]!;
    }
  return { x, y };
}

const namesIn = (folder: string): Promise<readonly string[]> =>
  ioErrors("reading", folder, () =>
    readdir(folder).catch((error: unknown) => {
      if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return [];
      throw error;
    }),
  );

export const cifar10Facts = defineSet({
  name: "cifar10",
  title: "CIFAR-10",
  about: "Photographs of 32 × 32 pixels in ten classes.",
  splits: { train: 50_000, test: 10_000 },
  shape: [32, 32, 3],
  classes,
  // Of all 50,000, as commonly published. The std 0.2023 0.1994 0.2010 of many repositories is the mean of the
  // pictures' own, not the set's.
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
  files: [
    {
      name: archive.name,
      bytes: archive.size,
      md5: archive.md5,
      sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    },
  ],
  mirrors: cifar10Mirrors,
  licence: "none stated",
  citation: "A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
  homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
  notes: ["The university's host gives 20 to 90 kB/s: half an hour. Downloads resume."],
  load: (options) => cifar10(options as Cifar10Options),
});
