// Data sets of images that a network can be told to learn, ready to batch.
import { type Batch, CajalError, unknownName } from "@cajal/core";
import { type Dataset, digits, randomFlip, randomTranslation } from "@cajal/datasets";
import { enlarge } from "./enlarge";
import { whole } from "../text/format";

export interface ImageSet {
  name: string;
  /** One line for the help. */
  description: string;
  /** `[height, width, channels]` of an image as it is delivered, values 0 … 1. */
  shape: readonly [number, number, number];
  classes: readonly string[];
  /** How it is learned unless something else is asked for. */
  recipe: Recipe;
  /** The examples to learn from, and those held out. */
  load(options: {
    /** With the files; without it they are fetched, and kept. */
    folder?: string;
    seed: number;
    signal?: AbortSignal;
    /** How far fetching is. */
    onProgress?: (note: string) => void;
  }): Promise<Loaded>;
}

export interface Loaded {
  /** The examples to learn from. */
  training: Dataset;
  /** The examples held out. */
  validation: Dataset;
  /** What of the data set this is, where it is not all of it. */
  part?: string;
}

/**
 * The recipes of MNIST and CIFAR-10 were chosen on examples split off those to learn from: a sixth of
 * MNIST's, 15 % of two batches of CIFAR-10. That of digits was chosen on the fifth that is held out, so that
 * the accuracy there is slightly optimistic.
 */
export interface Recipe {
  epochs: number;
  batch: number;
  /** The largest of the schedule, of optimizer adam. */
  learningRate: number;
  /** Random changes of the images to learn from. */
  augment?: {
    /** What happens to the images, as in "images moved by up to 1 pixel". */
    description: string;
    change(training: Dataset, seed: number): Dataset;
  };
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
    recipe: { epochs: 15, batch: 32, learningRate: 0.003 },
    async load({ folder, seed }) {
      if (folder !== undefined)
        throw new CajalError("bad-argument", "digits is in the package: leave out --data.", {
          folder,
        });
      const [training, validation] = digits().split(0.8, { seed, stratify: true });
      return { training: training.map(asBitmaps), validation: validation.map(asBitmaps) };
    },
  },
  {
    name: "mnist",
    description: "70,000 handwritten digits, 12 MB fetched once; 10,000 are held out",
    shape: [28, 28, 1],
    classes: [..."0123456789"],
    recipe: {
      epochs: 6,
      batch: 64,
      learningRate: 0.005,
      augment: {
        description: "moved by up to 1 pixel",
        change: (training, seed) => training.map(randomTranslation(1, { seed })),
      },
    },
    async load({ folder, signal, onProgress }) {
      const { mnist } = await import("@cajal/datasets/node");
      const options = { folder, signal, onProgress: inMegabytes(onProgress) };
      const [training, validation] = await Promise.all([
        mnist({ ...options, split: "train" }),
        mnist({ ...options, split: "test" }),
      ]);
      return { training, validation };
    },
  },
  {
    name: "cifar10",
    description: "60,000 small photographs of ten things, 170 MB fetched once; 10,000 are held out",
    shape: [32, 32, 3],
    // prettier-ignore
    classes: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
    recipe: {
      epochs: 10,
      batch: 32,
      learningRate: 0.003,
      augment: {
        description: "moved by up to 2 pixels and mirrored",
        change: (training, seed) =>
          training.map(randomTranslation(2, { seed })).map(randomFlip({ seed })),
      },
    },
    async load({ folder, signal, onProgress }) {
      const { cifar10 } = await import("@cajal/datasets/node");
      // Of files at hand a part is better than nothing; what is fetched is whole.
      const partial = folder !== undefined;
      const options = { folder, partial, signal, onProgress: inMegabytes(onProgress) };
      // One after the other: they share one download.
      const training = await cifar10({ ...options, split: "train" });
      const validation = await cifar10({ ...options, split: "test" });
      if (training.size === 50_000 && validation.size === 10_000) return { training, validation };
      const part = `${whole(training.size)} of 50,000 to learn from, ${whole(validation.size)} of 10,000 held out`;
      return { training, validation, part };
    },
  },
];

/** How far a download is, in words. */
const inMegabytes =
  (say: ((note: string) => void) | undefined) =>
  ({ loaded, total }: { loaded: number; total?: number }) =>
    say?.(
      `${(loaded / 1e6).toFixed(1)} MB${total === undefined ? "" : ` of ${(total / 1e6).toFixed(1)}`}`,
    );

/** @throws CajalError `unknown-name` */
export function imageSet(name: string): ImageSet {
  const set = imageSets.find((each) => each.name === name);
  if (set === undefined)
    throw unknownName(
      "data set",
      name,
      imageSets.map((each) => each.name),
    );
  return set;
}
