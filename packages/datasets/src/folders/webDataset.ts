// WebDataset archives as a dataset of images: listed once, then read by place, so that they are shuffled as a whole and
// nothing but the list is in memory.
import { CajalError, checkArgument, showValue, unknownName } from "@cajal/core";
import { listTar, type ByteSource, type TarHeader } from "@cajal/files";
import type { Dataset } from "../dataset";
import { sampleName } from "../decode/readWebDataset";
import { classNumbers, type Label } from "./classNumbers";
import {
  checkImageOptions,
  imageSource,
  type EncodedImage,
  type ImageOptions,
} from "./imageSource";

export interface WebDatasetOptions<X extends "uint8" | "float32"> extends ImageOptions<X> {
  /** Extension of the pictures; default: the first of jpg, jpeg, png, webp that the first sample has. */
  readonly image?: string;
  /** Extension of the labels, text or JSON; default: cls, or json. */
  readonly label?: string;
  /** Of JSON that is a record, which of its fields; default label. */
  readonly field?: string;
  /**
   * Names of the classes, in order; labels are these names, or whole numbers below how many there are. Default: of labels
   * that are text, the sorted ones; of numbers none.
   */
  readonly classes?: readonly string[];
  /** Samples without a picture or a label are an error, the default, or left out. */
  readonly missing?: "error" | "skip";
}

/**
 * The samples of tar archives that are not packed. Labels are read at once, pictures when a batch is delivered.
 *
 * x `[n, …]` as `prepare` gives it; y int32 `[n]`: the label itself where all are numbers, which are to be whole,
 * otherwise its number among the classes.
 *
 * @param sources the shards, in order: `await fileSource(path)`, `blobSource(blob)`, `bytesSource(bytes)`
 * @throws CajalError `bad-file`; `unknown-name` for an extension that the first sample lacks
 * @example await webDataset([await fileSource("train-000000.tar")], { label: "cls" })
 */
export async function webDataset<X extends "uint8" | "float32" = "uint8">(
  sources: readonly ByteSource[],
  options: WebDatasetOptions<X> = {},
): Promise<Dataset<X, "int32">> {
  checkArgument("webDataset", "sources", sources, "array");
  checkArgument("webDataset", "options", options, "object");
  const { image, label, field = "label", classes, missing = "error", ...decoding } = options;
  checkImageOptions("webDataset", decoding);
  checkArgument("webDataset", "field", field, "string");
  if (classes !== undefined) checkArgument("webDataset", "classes", classes, "strings");
  if (missing !== "error" && missing !== "skip")
    throw new CajalError("bad-argument", `webDataset: got missing ${showValue(missing)}, expected error or skip.`); // prettier-ignore
  const images: EncodedImage[] = [];
  const labels: Label[] = [];
  for (const source of sources) {
    const samples = grouped(await listTar(source), source.name);
    const [first] = samples.values();
    if (first === undefined) continue;
    const picture = extension("picture", image, ["jpg", "jpeg", "png", "webp"], first, source.name);
    const text = extension("label", label, ["cls", "json"], first, source.name);
    for (const [key, fields] of samples) {
      const [at, of] = [fields.get(picture), fields.get(text)];
      if (at === undefined || of === undefined) {
        if (missing === "skip") continue;
        throw new CajalError("bad-file", `${source.name}: the sample ${key} has no ${at === undefined ? picture : text}. Leave such samples out by missing: "skip".`, { name: source.name, key }); // prettier-ignore
      }
      images.push({ name: `${source.name}: ${at.name}`, bytes: () => source.read(at.offset, at.size) }); // prettier-ignore
      if (of.size > mostLabel)
        throw new CajalError("bad-file", `${source.name}: the label ${of.name} has ${of.size} bytes, expected at most ${mostLabel}.`, { name: source.name, key }); // prettier-ignore
      const where = `${source.name}: ${of.name}`;
      labels.push({ value: labelOf(await source.read(of.offset, of.size), field, where), where });
    }
  }
  const { numbers, classes: names } = classNumbers(labels, classes);
  return imageSource(images, numbers, decoding, names);
}

/** Bytes of text or JSON. */
const mostLabel = 2 ** 20;

/** Files by sample and extension. */
function grouped(files: readonly TarHeader[], archive: string) {
  const samples = new Map<string, Map<string, TarHeader>>();
  for (const file of files) {
    const { key, extension } = sampleName(file.name) ?? {};
    if (key === undefined || extension === undefined) continue;
    const fields = samples.get(key) ?? new Map<string, TarHeader>();
    if (fields.has(extension))
      throw new CajalError("bad-file", `${archive}: the sample ${key} has ${extension} twice.`, { name: archive, key }); // prettier-ignore
    samples.set(key, fields.set(extension, file));
  }
  return samples;
}

function extension(
  what: string,
  field: string | undefined,
  usual: readonly string[],
  first: ReadonlyMap<string, TarHeader>,
  archive: string,
): string {
  if (field !== undefined) checkArgument("webDataset", what, field, "string");
  const imageKey = field ?? usual.find((each) => first.has(each));
  if (imageKey !== undefined && first.has(imageKey)) return imageKey;
  throw unknownName(`extension of a ${what} in ${archive}`, imageKey ?? usual[0]!, first.keys());
}

/** Text, a JSON value, or a field of a JSON record; numbers as their digits. */
function labelOf(bytes: Uint8Array, field: string, name: string): string {
  const text = new TextDecoder().decode(bytes).trim();
  if (!name.endsWith("json")) return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CajalError("bad-file", `${name}: it is no JSON.`, { name }, { cause });
  }
  if (typeof value === "object" && value !== null) value = Object.entries(value).find(([key]) => key === field)?.[1]; // prettier-ignore
  if (typeof value !== "string" && typeof value !== "number")
    throw new CajalError("bad-file", `${name}: its ${field} is no text and no number.`, { name, field }); // prettier-ignore
  return String(value);
}
