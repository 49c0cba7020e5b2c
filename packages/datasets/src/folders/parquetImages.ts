// Image sets in Parquet, as Hugging Face hosts them: encoded pictures in a column, labels in another.
import { CajalError, checkArgument, showValue } from "@cajal/core";
import type { ByteSource } from "@cajal/files";
import type { Dataset } from "../dataset";
import { readParquet, type ParquetTable } from "../decode/readParquet";
import { namedClasses, wholeNumbers, type Label } from "./classNumbers";
import {
  checkImageOptions,
  imageSource,
  type EncodedImage,
  type ImageOptions,
} from "./imageSource";

export interface ParquetImagesOptions<X extends "uint8" | "float32"> extends ImageOptions<X> {
  /** The column with the pictures; default: image, or img. */
  readonly image?: string;
  /** The column with the labels; default: label, or fine_label. */
  readonly label?: string;
  /** Rows without a picture or a label are an error, the default, or left out. */
  readonly missing?: "error" | "skip";
}

/**
 * Pictures in Parquet files as a dataset. Class names are those of the file's own schema, or, of labels that are
 * text, the sorted ones; all files are to have the same. The encoded pictures are read at once and stay in memory; they are decoded batch by batch.
 *
 * x `[n, …]` as `prepare` gives it; y int32 `[n]`.
 *
 * @param sources the shards, in order: `await fileSource(path)`, `blobSource(blob)`, `bytesSource(bytes)`
 * @throws CajalError `bad-file`, `unknown-name` (column), `missing-peer`
 * @example await parquetImages([await fileSource("test-00000-of-00001.parquet")], { channels: 1 })
 */
export async function parquetImages<X extends "uint8" | "float32" = "uint8">(
  sources: readonly ByteSource[],
  options: ParquetImagesOptions<X> = {},
): Promise<Dataset<X, "int32">> {
  checkArgument("parquetImages", "sources", sources, "array");
  checkArgument("parquetImages", "options", options, "object");
  const { image, label, missing = "error", ...decoding } = options;
  checkImageOptions("parquetImages", decoding);
  if (missing !== "error" && missing !== "skip")
    throw new CajalError("bad-argument", `parquetImages: got missing ${showValue(missing)}, expected error or skip.`); // prettier-ignore
  const images: EncodedImage[] = [];
  const labels: Label[] = [];
  let first: { name: string; classes: readonly string[] | undefined } | undefined;
  for (const source of sources) {
    const table = await readParquet(source);
    const name = source.name ?? "parquet";
    const from = column(table, name, image, ["image", "img"]);
    const of = column(table, name, label, ["label", "fine_label"]);
    const classes = table.classes[of];
    first ??= { name, classes };
    if (JSON.stringify(classes) !== JSON.stringify(first.classes))
      throw new CajalError("bad-file", `${name}: its classes are ${classes?.join(", ") ?? "not named"}, and those of ${first.name} ${first.classes?.join(", ") ?? "not named"}, expected the same, in one order: a class number would mean two things.`, { name, first: first.name }); // prettier-ignore
    const rows = await table.rows({ columns: [from, of] });
    rows.forEach((row, i) => {
      const bytes = pictureOf(row[from]);
      if (bytes === undefined || row[of] === null) {
        if (missing === "skip") return;
        throw new CajalError("bad-file", `${name}: row ${i} has no ${bytes === undefined ? from : of}. Leave such rows out by missing: "skip".`, { name, row: i }); // prettier-ignore
      }
      const where = `${name} row ${i}`;
      images.push({ name: where, bytes: () => bytes });
      labels.push({ value: textOf(row[of], where), where });
    });
  }
  const schema = first?.classes;
  // Numbers are those of the schema's classes, also where these are called by numbers.
  if (labels.every(({ value }) => typeof value === "number" || typeof value === "bigint"))
    return imageSource(images, wholeNumbers(labels, schema), decoding, schema);
  const { numbers, classes } = namedClasses(labels, schema);
  return imageSource(images, numbers, decoding, classes);
}

/** Of bytes their text; anything else as it is. */
function textOf(value: unknown, where: string): unknown {
  if (!(value instanceof Uint8Array)) return value;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(value);
  } catch (cause) {
    throw new CajalError("bad-file", `${where}: its label is bytes that are no text in UTF-8.`, { where }, { cause }); // prettier-ignore
  }
}

/** A struct of bytes and path, or the bytes themselves. */
function pictureOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  const bytes = typeof value === "object" && value !== null && "bytes" in value ? value.bytes : undefined; // prettier-ignore
  return bytes instanceof Uint8Array ? bytes : undefined;
}

function column(
  table: ParquetTable,
  name: string,
  asked: string | undefined,
  usual: string[],
): string {
  // prettier-ignore
  const imageColumn = asked ?? usual.find((each) => table.columns.includes(each));
  if (imageColumn !== undefined && table.columns.includes(imageColumn)) return imageColumn;
  throw new CajalError("unknown-name", `${name}: got column ${JSON.stringify(imageColumn ?? usual[0])}, expected one of ${table.columns.join(", ")}.`, { name, columns: table.columns }); // prettier-ignore
}
