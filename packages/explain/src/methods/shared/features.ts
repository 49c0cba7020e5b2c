// Images cut into features: regions that are kept or replaced together.
import { CajalError, checkTensor, sizeOf, type Tensor } from "@cajal/core";
import { inside } from "../../network/images";
import { rowOf, type Rows } from "../../network/rows";
import type { Call } from "../call";
import { baselineOf, type Baseline } from "../baseline";
import { emptyRows } from "../../network/rows";
import { rowsOfEach } from "./evaluate";
import { extentsOf, shareOf } from "./parts";

export interface FeatureOptions {
  /**
   * Extents of blocks in the order of the image's axes ([height, width] with all channels), cut at the
   * edges, numbered row by row, channels slowest. Default: a fourth of the image's height and width, of a sequence's steps; of a
   * row of numbers each by itself.
   */
  readonly blocks?: readonly number[];
  /** The feature of every element in place of blocks: whole numbers from 0, of the shape of an image or of one without its channels, [h, w]. */
  readonly features?: Tensor;
  /** What replaces a feature. Default 0. */
  readonly baseline?: Baseline;
}

export const featureOptions = ["blocks", "features", "baseline"] as const;

export interface Features {
  readonly count: number;
  /** The feature of each element of an image. */
  readonly of: Int32Array;
  /** What replaces them, of the images' shape. */
  readonly baseline: Tensor<"float32">;
  /** Images with subsets of their features, 1 kept and 0 replaced: all subsets of the first image, then the next. */
  rows(subsets: readonly ArrayLike<number>[]): Rows;
  /** A map in which every element has its feature's number: [n, features] → the images' shape. */
  spread(values: readonly ArrayLike<number>[]): Tensor<"float32">;
}

/** @throws CajalError `bad-argument` */
export function featuresOf(
  call: Call,
  { blocks, features, baseline = 0 }: FeatureOptions,
): Features {
  const { images } = call;
  const [n, ...shape] = images.shape as [number, ...number[]];
  const of = features
    ? featureOfEach(features, shape, call)
    : inBlocks(shape, blocks ? extentsOf(call, "attribute", "blocks", blocks) : shareOf(call, 4));
  const count = of.reduce((most, feature) => Math.max(most, feature), 0) + 1;
  const from = baselineOf(call, baseline);
  return {
    count,
    of,
    baseline: from,
    rows: (subsets) =>
      rowsOfEach(call, subsets.length, (image, k, to) => {
        const [x, b, present] = [rowOf(images, image), rowOf(from, image), subsets[k]!];
        for (let i = 0; i < to.length; i++) to[i] = present[of[i]!] ? x[i]! : b[i]!;
      }),
    spread(values) {
      const map = emptyRows(n, shape);
      for (let image = 0; image < n; image++) {
        const to = rowOf(map, image);
        for (let i = 0; i < to.length; i++) to[i] = values[image]![of[i]!]!;
      }
      return map;
    },
  };
}

function inBlocks(shape: readonly number[], size: readonly number[]): Int32Array {
  const counts = shape.map((extent, axis) => Math.ceil(extent / size[axis]!));
  return Int32Array.from({ length: sizeOf(shape) }, (_, place) => {
    let rest = place;
    let [feature, scale] = [0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis]!;
      rest = (rest - at) / shape[axis]!;
      feature += Math.floor(at / size[axis]!) * scale;
      scale *= counts[axis]!;
    }
    return feature;
  });
}

function featureOfEach(
  features: Tensor,
  shape: readonly number[],
  { format, network }: Call,
): Int32Array {
  checkTensor(features, "attribute: features");
  const numbers = Float32Array.from(features.data as ArrayLike<number>, Number);
  const { channelAxis } = network.graph;
  const perPixel = channelAxis !== undefined && features.shape.length === shape.length - 1;
  const like = inside({ dtype: "float32", shape: [1, ...features.shape], data: numbers }, format);
  const fits = perPixel
    ? features.shape.join() === shape.toSpliced(channelAxis, 1).join()
    : like.shape.slice(1).join() === shape.join();
  const most = sizeOf(shape);
  const whole = numbers.every((each) => Number.isInteger(each) && each >= 0 && each < most);
  if (!fits || !whole)
    throw new CajalError(
      "bad-argument",
      `attribute: got features [${features.shape.join()}], expected whole numbers, 0 … ${most - 1}, one for each pixel or each element of an image.`,
    );
  if (!perPixel) return Int32Array.from(like.data);
  const channels = shape[channelAxis]!;
  const within = sizeOf(shape.slice(channelAxis + 1));
  const pixelOf = (i: number) => Math.floor(i / (channels * within)) * within + (i % within);
  return Int32Array.from({ length: most }, (_, i) => like.data[pixelOf(i)]!);
}
