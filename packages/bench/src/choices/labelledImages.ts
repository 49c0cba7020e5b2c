// Labelled images on disk, in the common layouts of ImageNet's validation set and similar sets.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CajalError } from "@cajal/core";
import { imagenetClasses } from "@cajal/models/imagenet";

export interface LabelledImage {
  readonly path: string;
  /** Number of the class, or its name in the folder or table. */
  readonly label: number | string;
}

/**
 * The labelled images of a folder, in an order that does not depend on the system:
 *
 * - a folder for each class, named by its WordNet id (`n01440764/…`) or its name;
 * - a table beside the images: `labels.csv` with the columns file and class_index, wnid or label;
 *   `LOC_val_solution.csv` of Kaggle; `val.txt` of Caffe, with one file name and class number per line.
 *
 * If the folder contains `val` or `validation`, that one is used.
 *
 * @throws CajalError `bad-argument` where no labels are found; `bad-file` for a line of a table that has none
 */
export function labelledImages(folder: string): LabelledImage[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new CajalError("bad-argument", `${folder}: expected a folder of labelled images.`, {
      folder,
    });
  for (const read of layouts) {
    const images = read(folder);
    if (images !== undefined && images.length > 0) return images;
  }
  const inner = ["val", "validation"].map((name) => join(folder, name)).find((path) => existsSync(path)); // prettier-ignore
  if (inner !== undefined) return labelledImages(inner);
  throw new CajalError(
    "bad-argument",
    `${folder}: nothing says what its images show. Expected a folder for each class, or a table: labels.csv (file, class_index or wnid or label), LOC_val_solution.csv, val.txt.`,
    { folder },
  );
}

/** So many of them, evenly from all of the list: folders of classes come one after the other. */
export const spread = <T>(items: readonly T[], count = items.length): readonly T[] =>
  count >= items.length
    ? items
    : Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);

type Layout = (folder: string) => LabelledImage[] | undefined;

const layouts: readonly Layout[] = [labelsCsv, kaggle, caffe, classFolders];

function labelsCsv(folder: string): LabelledImage[] | undefined {
  const path = join(folder, "labels.csv");
  const [header, ...rows] = linesOf(path) ?? [];
  if (header === undefined) return undefined;
  const columns = fieldsOf(header.text);
  const file = columns.indexOf("file");
  const [kind] = ["class_index", "wnid", "label"].filter((name) => columns.includes(name));
  if (file < 0 || kind === undefined) return undefined;
  return rows.map(({ text, line }) => {
    const fields = fieldsOf(text);
    const [name = "", label = ""] = [fields[file], fields[columns.indexOf(kind)]];
    const isIndex = kind === "class_index";
    if (name === "" || label === "" || (isIndex && !isWhole.test(label)))
      throw badLine(path, line, text, `a file, and ${isIndex ? "a whole number" : `a ${kind}`}, in ${columns.length} columns`); // prettier-ignore
    return { path: join(folder, name), label: isIndex ? Number(label) : label };
  });
}

/** "ILSVRC2012_val_00048981,n03995372 85 1 499 272": an image's name, and ids with their boxes. */
function kaggle(folder: string): LabelledImage[] | undefined {
  const path = join(folder, "LOC_val_solution.csv");
  return linesOf(path)
    ?.slice(1)
    .map(({ text, line }) => {
      const [name = "", boxes = ""] = fieldsOf(text);
      const [id = ""] = boxes.split(" ");
      if (name === "" || id === "") throw badLine(path, line, text, "an image's name, and ids with their boxes"); // prettier-ignore
      return { path: imageCalled(folder, name), label: id };
    });
}

/** "ILSVRC2012_val_00000001.JPEG 65"; the name may have spaces. */
function caffe(folder: string): LabelledImage[] | undefined {
  const path = join(folder, "val.txt");
  return linesOf(path)?.map(({ text, line }) => {
    const [, name, label] = /^\s*(.*\S)\s+(\d+)\s*$/.exec(text) ?? [];
    if (name === undefined) throw badLine(path, line, text, "a file's name and the number of its class"); // prettier-ignore
    return { path: imageCalled(folder, name), label: Number(label) };
  });
}

const isWhole = /^\d+$/;

/** The fields of a line of CSV; what has commas or quotes in it stands in quotes, as RFC 4180 has it. */
const fieldsOf = (text: string): string[] =>
  [...`,${text}`.matchAll(/,\s*(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain = ""]) => (quoted?.replaceAll('""', '"') ?? plain).trim()); // prettier-ignore

const badLine = (path: string, line: number, got: string, expected: string) =>
  new CajalError("bad-file", `${path}, line ${line}: got ${JSON.stringify(got.slice(0, 80))}, expected ${expected}.`, { path, line }); // prettier-ignore

function classFolders(folder: string): LabelledImage[] | undefined {
  // Links to folders, too, but not those to nothing.
  const isFolder = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() === true; // prettier-ignore
  const classes = readdirSync(folder)
    .filter((name) => !name.startsWith(".") && isFolder(name))
    .sort();
  return classes.flatMap((label) =>
    readdirSync(join(folder, label))
      .filter((name) => isImage.test(name))
      .sort()
      .map((name) => ({ path: join(folder, label, name), label })),
  );
}

/** What decodeImage reads. */
const isImage = /\.(bmp|gif|jpe?g|p[bgp]m|png|tiff?|webp)$/i;

/** Path of an image in the folder itself, or in the usual subfolder of such sets. */
const imageCalled = (folder: string, name: string): string => {
  const file = isImage.test(name) ? name : `${name}.JPEG`;
  return (
    ["", "val", "ILSVRC2012_img_val", "Data/CLS-LOC/val"]
      .map((below) => join(folder, below, file))
      .find((path) => existsSync(path)) ?? join(folder, file)
  );
};

/** The lines that are not empty, with their numbers from 1. */
const linesOf = (path: string): { text: string; line: number }[] | undefined =>
  existsSync(path)
    ? new TextDecoder() // without a byte order mark
        .decode(readFileSync(path))
        .split(/\r?\n/)
        .map((text, i) => ({ text, line: i + 1 }))
        .filter(({ text }) => text.trim() !== "")
    : undefined;

/**
 * The index of a network's output for a label.
 *
 * @param labels of the network's outputs, in order; `classes`: all labels of the data
 * @throws CajalError `bad-argument` for a label that the network does not have
 */
export function classNumbers(
  images: readonly LabelledImage[],
  { labels, outputs, name }: { labels?: readonly string[]; outputs: number; name: string },
): number[] {
  const names = [...new Set(images.map(({ label }) => String(label)))].sort();
  const ids = outputs === 1000 ? imagenetClasses().map(({ wnid }) => wnid) : [];
  const numbers = new Map<string, number>([
    // Where the folder has as many classes as a network whose classes have no names: their sorted order, as in training on
    // image folders.
    ...(!labels && names.length === outputs ? names.map((label, i) => [label, i] as const) : []),
    ...(labels ?? []).map((label, i) => [label, i] as const),
    ...ids.map((id, i) => [id, i] as const),
  ]);
  return images.map(({ path, label }) => {
    const number = typeof label === "number" ? label : numbers.get(label);
    if (number === undefined || !(Number.isInteger(number) && number >= 0 && number < outputs))
      throw new CajalError(
        "bad-argument",
        `${path}: it shows ${JSON.stringify(label)}, which is none of the ${outputs} classes of ${name}${labels ? ` (${labels.slice(0, 5).join(", ")}${labels.length > 5 ? ", …" : ""})` : ""}.`,
        { path, label },
      );
    return number;
  });
}
