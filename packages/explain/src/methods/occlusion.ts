// Occlusion (Zeiler & Fergus 2013, arXiv:1311.2901): what the score loses where a window is replaced by a baseline.
// Windows lie at 0, stride, 2 stride, … on each axis, the last cut at the edge; a pixel's value is the mean
// over the windows that cover it.
import { CajalError, showShape } from "@cajal/core";
import type { Place } from "../patches/patches";
import { rowOf } from "../network/rows";
import { defineMethod } from "./method";
import { baselineOf, type Baseline } from "./baseline";
import { sums } from "./shared/evaluate";
import { extentsOf, shareOf } from "./shared/parts";
import { scoresOfChanged } from "./shared/scoresOfChanged";

export interface OcclusionOptions {
  /**
   * Extents of the window: one for height and width, two, or one for every axis of the image in its order;
   * all channels where none is said. Default: an eighth of the image's height and width, of a sequence's steps; of a row of numbers
   * one.
   */
  readonly window?: number | readonly number[];
  /** How far windows lie apart, as `window`. Default: half a window. */
  readonly strides?: number | readonly number[];
  /** Default 0. */
  readonly baseline?: Baseline;
}

/** A box in an image: [from, to) on each axis. */
type Box = readonly (readonly [number, number])[];

export const occlusion = defineMethod({
  name: "occlusion",
  title: "Occlusion",
  gives: "image",
  plain: true,
  options: ["window", "strides", "baseline"],
  async attribute(call, { window, strides, baseline = 0 }: OcclusionOptions) {
    const { images } = call;
    const [count, ...shape] = images.shape as [number, ...number[]];
    const where = "attribute (occlusion)";
    const size = window === undefined ? shareOf(call, 8) : extentsOf(call, where, "window", window);
    if (size.some((extent, axis) => extent > shape[axis]!))
      throw new CajalError(
        "bad-argument",
        `${where}: got window ${showShape(size)} for images of ${showShape(shape)} (channels first), expected one no larger than the image.`,
        { window, shape },
      );
    const { channelAxis } = call.network.graph;
    const step =
      strides === undefined
        ? size.map((extent, axis) => (axis === channelAxis ? extent : Math.ceil(extent / 2)))
        : extentsOf(call, where, "strides", strides);
    const boxes = windows(shape, size, step);
    const from = baselineOf(call, baseline);
    const { full, changed } = await scoresOfChanged(
      call,
      boxes.map((box): Place => [box.at(-2)!, box.at(-1)!]),
      (image, k, to) => {
        const b = rowOf(from, image);
        inBox(shape, boxes[k]!, (from, end) => {
          for (let i = from; i < end; i++) to[i] = b[i]!;
        });
      },
    );
    const map = sums(count, shape);
    const covered = new Float64Array(map.size);
    for (const box of boxes)
      inBox(shape, box, (from, end) => {
        for (let i = from; i < end; i++) covered[i]!++;
      });
    changed.forEach((score, row) => {
      const image = Math.floor(row / boxes.length);
      const lost = full[image]! - score;
      const values = map.of(image);
      inBox(shape, boxes[row % boxes.length]!, (from, end) => {
        for (let i = from; i < end; i++) values[i]! += lost;
      });
    });
    // Strides larger than the window leave pixels out: nothing is known of them.
    map.data.forEach((sum, i) => (map.data[i] = sum / Math.max(1, covered[i % map.size]!)));
    return { map: map.tensor() };
  },
});

function windows(
  shape: readonly number[],
  size: readonly number[],
  strides: readonly number[],
): Box[] {
  return shape.reduce<Box[]>(
    (boxes, extent, axis) => {
      const count = Math.max(0, Math.ceil((extent - size[axis]!) / strides[axis]!)) + 1;
      const places = Array.from({ length: count }, (_, k) => k * strides[axis]!).filter(
        (at) => at < extent,
      );
      return boxes.flatMap((box) =>
        places.map((at): Box => [...box, [at, Math.min(at + size[axis]!, extent)]]),
      );
    },
    [[]],
  );
}

/** Calls `body` with every row of a box: the places of its elements, [from, end). */
function inBox(
  shape: readonly number[],
  box: Box,
  body: (from: number, end: number) => void,
): void {
  const visit = (axis: number, at: number): void => {
    const [from, end] = box[axis]!;
    const first = at * shape[axis]!;
    if (axis === shape.length - 1) return body(first + from, first + end);
    for (let i = from; i < end; i++) visit(axis + 1, first + i);
  };
  visit(0, 0);
}
