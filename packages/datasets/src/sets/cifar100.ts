// CIFAR-100: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009; the binary version.
// Records of 3,074 bytes: the coarse label, the fine label, then red, green and blue, each 32 × 32 row by row.
import { CajalError, checkOptions, optionsOf, tensor } from "@cajal/core";
import { readTar } from "@cajal/files";
import { fetchFile, ioErrors, readThrough, systemCode } from "@cajal/files/node";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { dataset, type Dataset } from "../dataset";
import { rescale } from "../transforms/rescale";
import { defineSet } from "./shared/defineSet";
import { addressesOf, fetchingOptions, type FetchingOptions } from "./shared/fetchingOptions";

const archive = {
  name: "cifar-100-binary.tar.gz",
  bytes: 168_513_733,
  md5: "03b5dce01913d631647c71ecec9e9cb8",
  sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
};

const mirrors = ["https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"];

const splits = {
  train: { count: 50_000, md5: "6172c7755cfe09b2fe270c85cebc1b15" },
  test: { count: 10_000, md5: "4499cfba6c016c1be1438163640a0898" },
} as const;

const words = (text: string) => text.trim().split(/\s+/);

/** In the order of `fine_label_names.txt` and `coarse_label_names.txt`. */
const classes = {
  fine: words(`apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel
    can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
    elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man
    maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree
    plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail
    snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout
    tulip turtle wardrobe whale willow_tree wolf woman worm`),
  coarse:
    words(`aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices
    household_furniture insects large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes
    large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people reptiles small_mammals trees
    vehicles_1 vehicles_2`),
};

const pixels = 32 * 32;
const record = 2 + 3 * pixels;

export interface Cifar100Options extends FetchingOptions {
  /** "train", 50,000 images, the default; or "test", 10,000. */
  split?: "train" | "test";
  /** Which label is y: one of 100, the default, or of the 20 groups of five. */
  labels?: "fine" | "coarse";
  /** A folder that holds `train.bin` and `test.bin`, `cifar-100-binary` with them, or the archive. */
  folder?: string;
  /** Addresses below which the archive lies under its official name. */
  mirrors?: readonly string[];
}

const cifar100Options = optionsOf<Cifar100Options>({
  ...fetchingOptions,
  split: Object.keys(splits),
  labels: Object.keys(classes),
  folder: "string",
  mirrors: "strings",
});

/**
 * CIFAR-100, from a folder, or fetched once (169 MB, both splits) and kept in the cache.
 *
 * x float32 `[n, 32, 32, 3]`, 0 … 1, red, green, blue; kept as bytes and converted batch by batch;
 * y int32 `[n]`.
 *
 * @throws CajalError `io` for a folder without the files; `bad-file`, `checksum-mismatch` for damaged ones; and
 *   what fetchFile throws
 */
export async function cifar100(
  options: Cifar100Options = {},
): Promise<Dataset<"float32", "int32">> {
  checkOptions("cifar100", options, cifar100Options);
  const {
    split = "train",
    labels = "fine",
    folder,
    mirrors: from = mirrors,
    ...fetching
  } = options;
  const { signal } = fetching;
  const { path, bytes } =
    folder === undefined
      ? await fromArchive(await fetched(from, fetching), split, signal)
      : await fromFolder(folder, split, signal);
  const { count, md5 } = splits[split];
  const got = createHash("md5").update(bytes).digest("hex");
  if (bytes.length !== count * record || got !== md5)
    throw new CajalError(
      "checksum-mismatch",
      `${path}: got ${bytes.length} bytes of md5 ${got}, expected ${count * record} of ${md5}. It is truncated, damaged, or another file.`,
      { path, got, expected: md5, length: bytes.length },
    );
  return dataset({ ...decodeCifar100(bytes, labels), classes: classes[labels] }).map(
    rescale(1 / 255),
  );
}

/** Records to images `[n, 32, 32, 3]` and labels `[n]`. */
export function decodeCifar100(bytes: Uint8Array, labels: "fine" | "coarse") {
  const count = bytes.length / record;
  const x = tensor("uint8", [count, 32, 32, 3]);
  const y = tensor("int32", [count]);
  for (let n = 0, at = 0; n < count; n++, at += record) {
    y.data[n] = bytes[at + (labels === "fine" ? 1 : 0)]!;
    if (y.data[n]! >= classes[labels].length)
      throw new CajalError("bad-file", `cifar100: record ${n} has the label ${y.data[n]}, expected 0 … ${classes[labels].length - 1}.`, { record: n }); // prettier-ignore
    for (let p = 0; p < pixels; p++)
      for (let c = 0; c < 3; c++)
        x.data[(n * pixels + p) * 3 + c] = bytes[at + 2 + c * pixels + p]!;
  }
  return { x, y };
}

const fetched = (from: readonly string[], options: FetchingOptions) => {
  const { name, md5, bytes: size } = archive;
  const urls = addressesOf(from, name);
  return fetchFile({ ...options, urls, to: join("cifar100", name), md5, size });
};

async function fromFolder(folder: string, split: keyof typeof splits, signal?: AbortSignal) {
  for (const place of [folder, join(folder, "cifar-100-binary")]) {
    const path = join(place, `${split}.bin`);
    const bytes = await readIfThere(path);
    if (bytes !== undefined) return { path, bytes };
  }
  const path = join(folder, archive.name);
  return fromArchive(path, split, signal);
}

async function fromArchive(path: string, split: keyof typeof splits, signal?: AbortSignal) {
  let bytes: Uint8Array | undefined;
  await readThrough(path, { gzip: true, signal }, async (pieces) => {
    const wants = (name: string) => name.endsWith(`/${split}.bin`);
    const limit = splits[split].count * record;
    for await (const { content } of readTar(pieces, { name: path, wants, limit })) bytes = content;
  });
  if (bytes === undefined)
    throw new CajalError("bad-file", `${path}: it has no ${split}.bin. It is another archive.`, { path }); // prettier-ignore
  return { path: `${path}: ${split}.bin`, bytes };
}

const readIfThere = (path: string) =>
  ioErrors("reading", path, () =>
    readFile(path).catch((error: unknown) => {
      if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return undefined;
      throw error;
    }),
  );

export const cifar100Facts = defineSet({
  name: "cifar100",
  title: "CIFAR-100",
  about: "Photographs of 32 × 32 pixels in 100 classes, which are 20 groups of five.",
  splits: { train: splits.train.count, test: splits.test.count },
  shape: [32, 32, 3],
  classes: classes.fine,
  files: [archive],
  mirrors,
  licence: "none stated",
  citation: "A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
  homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
  load: (options) => cifar100(options as Cifar100Options),
});
