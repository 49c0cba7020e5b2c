// Random images, resized, rotated, coloured and decoded by this package and by the libraries that it computes like:
//   python packages/datasets/scripts/randomCases.py FOLDER SEED COUNT
//   node scripts/run-source.mjs packages/datasets/scripts/compareRandom.ts FOLDER
// uint8 is to be equal in every bit, float32 within 4e-4 on the scale 0 … 255. Prints how many of each kind differ, and the
// first of them; exits 1 where any do.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isCajalError, tensor, type Tensor } from "@cajal/core";
import { adjustColour, decodeImage, resize, rotate, type ColourLibrary, type ColourOperation, type DecodeOptions, type ResizeOptions, type RotateOptions } from "../src/index"; // prettier-ignore

interface Case {
  readonly kind: "resize" | "rotate" | "colour" | "decode";
  /** As randomCases.py writes them for the kind. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly input: readonly [at: number, length: number];
  readonly shape: readonly number[];
  readonly output?: readonly [at: number, length: number];
  readonly dtype?: string;
  readonly result?: readonly number[];
  readonly refused?: string;
}

const [folder = ""] = process.argv.slice(2);
const cases: Case[] = readFileSync(join(folder, "cases.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line)); // prettier-ignore
const bytes = readFileSync(join(folder, "cases.bin"));
const part = ([at, length]: readonly [number, number]) => Uint8Array.from(bytes.subarray(at, at + length)); // prettier-ignore

async function ours({ kind, options, input, shape }: Case): Promise<Tensor> {
  const image = () => tensor("uint8", shape, part(input));
  if (kind === "resize") return resize(image(), options as unknown as ResizeOptions);
  if (kind === "rotate") {
    const { degrees, ...rest } = options as unknown as RotateOptions & { degrees: number };
    return rotate(image(), degrees, rest);
  }
  if (kind === "colour") {
    const { name, factor, like } = options as unknown as { name: ColourOperation; factor: number; like: ColourLibrary }; // prettier-ignore
    return adjustColour(image(), name, factor, { like });
  }
  const { orientation = "stored", like = "pillow" } = options as DecodeOptions;
  return decodeImage(part(input), { orientation, like });
}

/** What is wrong, or nothing. */
async function problem(one: Case): Promise<string | undefined> {
  let image: Tensor;
  try {
    image = await ours(one);
  } catch (error) {
    // What is told to be unsupported is no wrong pixel.
    if (isCajalError(error) && (one.refused !== undefined || error.code === "unsupported"))
      return undefined;
    return isCajalError(error) ? `refused, ${error.code}: ${error.message}` : String(error);
  }
  if (one.refused !== undefined) return undefined;
  if (image.shape.join() !== one.result!.join()) return `shape ${image.shape.join(" × ")}, expected ${one.result!.join(" × ")}`; // prettier-ignore
  const raw = part(one.output!);
  const expected = one.dtype === "float32" ? new Float32Array(raw.buffer) : raw;
  const allowed = one.dtype === "float32" || image.dtype === "float32" ? 4e-4 : 0;
  let [worst, many] = [0, 0];
  (image.data as Uint8Array).forEach((value, i) => {
    const difference = Math.abs(value - expected[i]!);
    if (!(difference <= allowed)) many++;
    worst = Math.max(worst, difference);
  });
  return many === 0
    ? undefined
    : `${many} of ${expected.length} values differ, by ${worst} at most`;
}

const kinds = new Map<string, { n: number; found: string[] }>();
for (const one of cases) {
  const { like, method, format, mode, name, orientation } = one.options;
  const kind = [one.kind, like, method ?? name, format, mode, orientation].filter((word) => word !== undefined).join(" "); // prettier-ignore
  const tally = kinds.get(kind) ?? { n: 0, found: [] };
  kinds.set(kind, tally);
  tally.n++;
  const found = await problem(one);
  if (found !== undefined) tally.found.push(`${found}\n    ${JSON.stringify(one)}`);
}
let differ = 0;
for (const [kind, { n, found }] of [...kinds].sort()) {
  differ += found.length;
  console.log(`${kind}: ${n} cases, ${found.length} differ${found.slice(0, 2).map((each) => `\n  ${each}`).join("")}`); // prettier-ignore
}
console.log(`${cases.length} cases, ${differ} differ`);
process.exitCode = differ === 0 ? 0 : 1;
