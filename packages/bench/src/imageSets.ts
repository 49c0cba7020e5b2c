// Data sets of images that a network can be told to learn, ready to batch.
import { type Batch, CajalError, unknownName } from "@cajal/core";
import { type Dataset, digits } from "@cajal/datasets";
import { enlarge } from "./enlarge";

export interface ImageSet {
  name: string;
  /** One line for the help. */
  description: string;
  /** `[height, width, channels]` of an image as it is delivered, values 0 … 1. */
  shape: readonly [number, number, number];
  classes: readonly string[];
  /** The examples to learn from, and those held out. */
  load(options: {
    /** With the files; without it they are fetched, and kept. */
    folder?: string;
    seed: number;
    signal?: AbortSignal;
    /** How far fetching is. */
    onProgress?: (note: string) => void;
  }): Promise<{ seen: Dataset; heldOut: Dataset }>;
}

/** The pixels of `digits` count the ink in 4×4 blocks of 32×32 bitmaps, 16 at most. */
const block = 4;
const fullInk = 16;

/** As large as the bitmaps were, which is the size that LeNet-5 takes; ink as 0 … 1. */
export function asBitmaps({ x, y }: Batch): Batch {
  const large = enlarge(x, block);
  return { x: { ...large, data: large.data.map((ink) => ink / fullInk) }, y };
}

/** Ink of one pixel of `digits` as 0 … 1. */
export const inkOf = (value: number | bigint): number => Number(value) / fullInk;

export const imageSets: readonly ImageSet[] = [
  {
    name: "digits",
    description: "1,797 handwritten digits, in the package; a fifth is held out",
    shape: [32, 32, 1],
    classes: [..."0123456789"],
    async load({ folder, seed }) {
      if (folder !== undefined)
        throw new CajalError("bad-argument", "digits is in the package: leave out --data.", {
          folder,
        });
      const [seen, heldOut] = digits().split(0.8, { seed, stratify: true });
      return { seen: seen.map(asBitmaps), heldOut: heldOut.map(asBitmaps) };
    },
  },
  {
    name: "mnist",
    description: "70,000 handwritten digits, 12 MB fetched once; 10,000 are held out",
    shape: [28, 28, 1],
    classes: [..."0123456789"],
    async load({ folder, signal, onProgress }) {
      const { mnist } = await import("@cajal/datasets/node");
      const options = {
        ...(folder !== undefined && { folder }),
        signal,
        onProgress: ({ loaded, total }: { loaded: number; total?: number }) =>
          onProgress?.(
            `${(loaded / 1e6).toFixed(1)} MB${total === undefined ? "" : ` of ${(total / 1e6).toFixed(1)}`}`,
          ),
      };
      const [seen, heldOut] = await Promise.all([
        mnist({ ...options, split: "train" }),
        mnist({ ...options, split: "test" }),
      ]);
      return { seen, heldOut };
    },
  },
];

/** @throws CajalError `unknown-name` */
export function imageSet(name: string): ImageSet {
  const found = imageSets.find((known) => known.name === name);
  if (found === undefined)
    throw unknownName(
      "data set",
      name,
      imageSets.map((known) => known.name),
    );
  return found;
}
