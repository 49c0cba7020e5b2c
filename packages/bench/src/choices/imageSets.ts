// Image data sets for training, ready to batch.
import { type Batch, CajalError, unknownName } from "@cajal/core";
import { type Dataset, digits, randomFlip, randomTranslation } from "@cajal/datasets";
import { enlarge } from "./enlarge";
import { whole } from "../text/format";

export interface ImageSet {
  name: string;
  /** One line for the help. */
  description: string;
  /** `[height, width, channels]` of an image, with values 0 … 1. */
  shape: readonly [number, number, number];
  classes: readonly string[];
  /** Default options for training on it. */
  recipe: Recipe;
  /** Loads the training and the held-out examples. */
  load(options: {
    /** Folder with the files; without it they are downloaded into the cache. */
    folder?: string;
    seed: number;
    signal?: AbortSignal;
    /** Called with the progress of downloads. */
    onProgress?: (note: string) => void;
  }): Promise<LoadedSet>;
}

export interface LoadedSet {
  /** The training examples. */
  training: Dataset;
  /** The held-out examples. */
  validation: Dataset;
  /** Which part of the data set this is, where it is not complete. */
  part?: string;
}

/**
 * The recipes of MNIST and CIFAR-10 were chosen on examples split off the training set: a sixth of MNIST's, 15 % of
 * two batches of CIFAR-10. That of digits was chosen on its held-out fifth, so its accuracy is slightly optimistic.
 */
export interface Recipe {
  epochs: number;
  batch: number;
  /** Largest learning rate of the schedule, for optimizer adam. */
  learningRate: number;
  /** Random augmentation of the training images. */
  augment?: {
    /** Description of the augmentation, as in "images moved by up to 1 pixel". */
    description: string;
    change(training: Dataset, seed: number): Dataset;
  };
}

/** The pixels of `digits` count the ink in 4×4 blocks of 32×32 bitmaps, 16 at most. */
const block = 4;
const fullInk = 16;

/** Enlarged to the size of the original bitmaps, which is LeNet-5's input size; ink as 0 … 1. */
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
      // Files of the user's may be incomplete; downloads are complete.
      const isPartial = folder !== undefined;
      const options = { folder, partial: isPartial, signal, onProgress: inMegabytes(onProgress) };
      // Sequentially: they share one download.
      const training = await cifar10({ ...options, split: "train" });
      const validation = await cifar10({ ...options, split: "test" });
      if (training.size === 50_000 && validation.size === 10_000) return { training, validation };
      const part = `${whole(training.size)} of 50,000 to learn from, ${whole(validation.size)} of 10,000 held out`;
      return { training, validation, part };
    },
  },
];

/** Progress of a download as text. */
const inMegabytes =
  (report: ((note: string) => void) | undefined) =>
  ({ loaded, total }: { loaded: number; total?: number }) =>
    report?.(
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
