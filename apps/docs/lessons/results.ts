// What a lesson's script exports, as its page shows it: numbers and texts in one JSON file, pictures in files of
// their own, and the claims, each of which is true or a failed run.
import type { Tensor } from "@cajal/core";
import { encodePng, pictureOf, type Picture } from "@cajal/explain";

/** How the results came about. */
export interface Run {
  readonly form: "small" | "full";
  readonly date: string;
  readonly seconds: number;
  /** Of all threads; more than `seconds` where several worked, less where other programs took turns. */
  readonly processorSeconds?: number;
  readonly processors: number;
  readonly node: string;
}

/** A script's exports. */
export type Exports = Readonly<Record<string, unknown>>;

export interface Results {
  /** Sentences, each with whether it is true of this run. */
  readonly claims: Readonly<Record<string, boolean>>;
  /** By the names of their exports; numbers that are not whole have five digits. */
  readonly values: Readonly<Record<string, unknown>>;
  /** File names with their bytes: `sheet.png`, `maps.svg`. */
  readonly pictures: ReadonlyMap<string, Uint8Array>;
}

export async function resultsOf({ claims, ...exported }: Exports): Promise<Results> {
  const values: Record<string, unknown> = {};
  const pictures = new Map<string, Uint8Array>();
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value === "string" && value.startsWith("<svg"))
      pictures.set(`${name}.svg`, new TextEncoder().encode(value));
    else if (isPicture(value)) pictures.set(`${name}.png`, await encodePng(value));
    else if (isImage(value))
      pictures.set(`${name}.png`, await encodePng(pictureOf(value, { pixels: [0, 255] })));
    else values[name] = plain(value);
  }
  return { claims: claims as Results["claims"], values, pictures };
}

/** As JSON keeps it. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, part) => {
      if (ArrayBuffer.isView(part)) return Array.from(part as Float64Array, rounded);
      return typeof part === "number" ? rounded(part) : part;
    }),
  );

const rounded = (value: number): number =>
  Number.isInteger(value) ? value : Number(value.toPrecision(5));

const isPicture = (value: unknown): value is Picture =>
  Object(value).data instanceof Uint8ClampedArray && "width" in Object(value);

/** uint8 `[height, width, channels]`, such as a contact sheet. */
const isImage = (value: unknown): value is Tensor<"uint8"> =>
  Object(value).dtype === "uint8" && Object(value).shape?.length === 3;
