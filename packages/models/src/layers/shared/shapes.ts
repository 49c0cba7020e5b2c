// Questions about Keras shapes.
import { CajalError, showShape } from "@cajal/core";
import type { KerasShape } from "../definition/shape";

/**
 * Extent of the last axis.
 *
 * @throws CajalError `bad-shape` where it is free: weights depend on it
 */
export function channelsOf(shape: KerasShape): number {
  const channels = shape.at(-1);
  if (typeof channels !== "number")
    throw new CajalError(
      "bad-shape",
      `the last axis of ${showShape(shape)} must be known, for the weights' shapes depend on it`,
      { shape },
    );
  return channels;
}

/** Product of extents; null where one is free. */
export function staticSize(shape: KerasShape): number | null {
  let size = 1;
  for (const extent of shape) {
    if (extent === null) return null;
    size *= extent;
  }
  return size;
}

/** Elements of one example, the batch left out; NaN where an extent is free. */
export const sizeOfExample = ([, ...example]: KerasShape): number => staticSize(example) ?? NaN;

/**
 * An axis counted from the front.
 *
 * @throws CajalError `bad-argument` when the shape has no such axis
 */
export function axisOf(axis: number, shape: KerasShape): number {
  const rank = shape.length;
  if (axis < -rank || axis >= rank)
    throw new CajalError(
      "bad-argument",
      `axis ${axis} is not among the ${rank} of ${showShape(shape)}`,
      {
        axis,
        shape,
      },
    );
  return axis < 0 ? axis + rank : axis;
}

/**
 * Shape of an element-by-element operation of several inputs, NumPy's broadcasting; where ranks
 * differ, Keras puts the missing axes right after the batch.
 *
 * @throws CajalError `bad-shape` naming both shapes
 */
export function broadcast(shapes: readonly KerasShape[]): KerasShape {
  return shapes.reduce((a, b) => {
    const rank = Math.max(a.length, b.length);
    const [x, y] = [widen(a, rank), widen(b, rank)];
    return x.map((extent, i) => {
      const otherExtent = y[i]!;
      if (extent === otherExtent || otherExtent === 1) return extent;
      if (extent === 1) return otherExtent;
      if (extent === null || otherExtent === null) return extent ?? otherExtent;
      throw new CajalError("bad-shape", `shapes ${showShape(a)} and ${showShape(b)} do not fit`, {
        shapes: [a, b],
      });
    });
  });
}

/** The shape with rank `rank`: axes of extent 1 after the batch. */
export const widen = (shape: KerasShape, rank: number): KerasShape => [
  ...shape.slice(0, 1),
  ...Array.from({ length: rank - shape.length }, () => 1),
  ...shape.slice(1),
];
