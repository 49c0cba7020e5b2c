import { tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../graph/builder";
import { computed } from "../model/elementType";
import { defineGradient, inFloat32 } from "./gradient";
import { staticShape } from "./shared/sumTo";
import { throughExpansion } from "./shared/throughExpansion";

const batches = tensor("int64", [3], [0, 1, 1]);
const boxes = tensor("float32", [3, 4], [0.3, 0.6, 4.2, 3.1, 1.1, 1.3, 5.7, 5.2, -1.4, 0.2, 6.6, 2.9]); // prettier-ignore

export const roiAlign = defineGradient({
  op: "RoiAlign",
  inputs: 3,
  // A bin is the average of samples between pixels (He et al. 2017, arXiv:1703.06870), or the greatest of what the four
  // pixels around each sample add to it. Interpolation parts into rows and columns, A x Bᵀ, where row m of A weighs
  // pixel h by max(0, 1 − |place m − h|); A and B depend on the region.
  gradient: throughExpansion(({ int, string, float, inputs }, g) => {
    const [x, rois, batch] = inputs;
    const [, channels, height, width] = staticShape(x, "of RoiAlign", 4);
    const half = string("coordinate_transformation_mode", "half_pixel") === "half_pixel";
    const edgeOf = (i: number) => {
      const coordinates = g.slice(rois, { starts: [i], ends: [i + 1], axes: [1] });
      const scaled = g.mul(coordinates, float("spatial_scale", 1));
      return g.unsqueeze(half ? g.sub(scaled, 0.5) : scaled, [2]); // [regions, 1, 1]
    };
    const along = (from: Value, to: Value, bins: number, extent: number) => {
      const roiExtent = g.sub(to, from);
      const length = half ? roiExtent : g.max(roiExtent, 1);
      return samplesOf(g, { from, length, bins, extent, count: int("sampling_ratio", 0) });
    };
    const rows = along(edgeOf(1), edgeOf(3), int("output_height", 1), height);
    const columns = along(edgeOf(0), edgeOf(2), int("output_width", 1), width);
    const images = g.gather(x, batch); // [regions, channels, height, width]
    const interpolate = (a: Value, b: Value) =>
      g.matMul(g.matMul(g.unsqueeze(a, [1]), images), g.unsqueeze(g.transpose(b, [0, 2, 1]), [1]));
    if (string("mode", "avg") === "avg")
      return [interpolate(averagingMatrix(g, rows), averagingMatrix(g, columns))];
    const pixels = partsOf(g, rows).flatMap((a) =>
      partsOf(g, columns).map((b) => interpolate(a, b)),
    );
    const samples = g.reshape(
      pixels.reduce((max, each) => g.max(max, each)),
      extents(g, [
        g.shape(batch),
        channels,
        rows.bins,
        rows.maxSamples,
        columns.bins,
        columns.maxSamples,
      ]),
    );
    const unsqueezed = (value: Value, axes: readonly number[]) => g.unsqueeze(value, axes);
    const isUsed = g.and(
      unsqueezed(rows.isUsed, [1, 2, 4, 5]),
      unsqueezed(columns.isUsed, [1, 2, 3, 4]),
    );
    const greatest = g.reduceMax(g.where(isUsed, samples, -3e38), {
      axes: [3, 5],
      keepdims: false,
    });
    // Regions without an extent have no samples, and give 0.
    const any = g.reduceMax(g.cast(isUsed, x.dtype), { axes: [3, 5], keepdims: false });
    return [g.where(g.greater(any, 0), greatest, 0)];
  }),
  samples: inFloat32([
    { inputs: [[2, 2, 6, 7], boxes, batches], attributes: { output_height: 2, output_width: 3, sampling_ratio: 2 } }, // prettier-ignore
    {
      inputs: [[2, 2, 3, 4], boxes, batches],
      attributes: {
        output_height: 2,
        output_width: 1,
        sampling_ratio: 3,
        spatial_scale: 0.5,
        coordinate_transformation_mode: "output_half_pixel",
      },
    },
    // Regions move too, here between pixels.
    { inputs: [[1, 1, 6, 6], [1, 4], tensor("int64", [1], [0])], attributes: { sampling_ratio: 1, spatial_scale: 4 }, range: [0.3, 1.2], by: [1] }, // prettier-ignore
    // As many samples as the region is larger than the result.
    { inputs: [[2, 2, 6, 7], boxes, batches], attributes: { output_height: 2, output_width: 1 } }, // prettier-ignore
    { inputs: [[1, 1, 6, 6], [1, 4], tensor("int64", [1], [0])], attributes: { spatial_scale: 4, output_width: 2 }, range: [0.3, 1.2], by: [1] }, // prettier-ignore
    { inputs: [[2, 2, 6, 7], boxes, batches], attributes: { mode: "max", output_height: 2, output_width: 3, sampling_ratio: 2 } }, // prettier-ignore
    { inputs: [[2, 2, 6, 7], boxes, batches], attributes: { mode: "max", output_height: 2, coordinate_transformation_mode: "output_half_pixel" } }, // prettier-ignore
    { inputs: [[1, 1, 6, 6], [1, 4], tensor("int64", [1], [0])], attributes: { mode: "max", sampling_ratio: 2, spatial_scale: 4 }, range: [0.3, 1.2], by: [1] }, // prettier-ignore
  ]),
});

/** Samples along rows or columns; a region has as many in each of its bins. */
interface Samples {
  readonly bins: number;
  /** The most that a bin of any region has. */
  readonly maxSamples: Value | number;
  /** How many those of a region have, 1 at least: [regions, 1, 1]. */
  readonly count: Value;
  /** Which of `most` a region has: bool [regions, most]. */
  readonly isUsed: Value;
  /** How much the pixel before a sample and the one behind it count: [regions, bins, most, extent] each. */
  readonly weightsBefore: Value;
  readonly weightsAfter: Value;
}

function samplesOf(
  g: GraphBuilder,
  at: { from: Value; length: Value; bins: number; extent: number; count: number },
): Samples {
  const { from, length, bins, extent } = at;
  const numbers = (shape: readonly number[], to: number) =>
    g.constant(
      tensor(
        computed(from.dtype),
        shape,
        Array.from({ length: to }, (_, i) => i),
      ),
    );
  const samplesPerBin =
    at.count > 0 ? g.add(g.mul(length, 0), at.count) : g.ceil(g.div(length, bins));
  const count = g.max(samplesPerBin, 1);
  const largest = g.reduceMax(g.concat([g.reshape(samplesPerBin, [-1]), numbers([2], 2)], { axis: 0 }), { keepdims: false }); // prettier-ignore
  const maxSamples = at.count > 0 ? at.count : g.reshape(g.cast(largest, "int64"), [1]);
  const sample = at.count > 0 ? numbers([at.count], at.count) : g.range(g.scalar(from.dtype, 0), largest, g.scalar(from.dtype, 1)); // prettier-ignore
  const offset = g.add(numbers([1, bins, 1], bins), g.div(g.add(sample, 0.5), count));
  const position = g.add(from, g.mul(length, g.div(offset, bins))); // [regions, bins, most]
  // Up to one pixel outside is the border; further out is nothing.
  const isInside = g.and(g.greaterOrEqual(position, -1), g.lessOrEqual(position, extent));
  const clipped = g.unsqueeze(g.clip(position, { min: 0, max: extent - 1 }), [3]);
  const pixels = numbers([extent], extent);
  const weight = g.relu(g.sub(1, g.abs(g.sub(clipped, pixels))));
  const weightWhere = (condition: Value) =>
    g.where(g.and(condition, g.unsqueeze(isInside, [3])), weight, 0);
  return {
    bins,
    maxSamples,
    count,
    isUsed: g.squeeze(g.less(sample, samplesPerBin), [1]),
    weightsBefore: weightWhere(g.lessOrEqual(pixels, clipped)),
    weightsAfter: weightWhere(g.greater(pixels, clipped)),
  };
}

/** [regions, bins, extent]: how much each pixel counts in each bin. */
function averagingMatrix(
  g: GraphBuilder,
  { weightsBefore, weightsAfter, isUsed, count }: Samples,
): Value {
  const weights = g.where(g.unsqueeze(isUsed, [1, 3]), g.add(weightsBefore, weightsAfter), 0);
  return g.div(g.reduceSum(weights, { axes: [2], keepdims: false }), count);
}

/** [regions, bins · most, extent], of the pixels before the samples and of those behind. */
function partsOf(
  g: GraphBuilder,
  { weightsBefore, weightsAfter, bins, maxSamples }: Samples,
): readonly Value[] {
  const rows = typeof maxSamples === "number" ? bins * maxSamples : g.mul(maxSamples, bins);
  return [weightsBefore, weightsAfter].map((part) => {
    const [regions, extent] = [0, 3].map((axis) => g.gather(g.shape(part), g.int64s([axis])));
    return g.reshape(part, extents(g, [regions!, rows, extent!]));
  });
}

/** A shape of numbers, and of values [1] that only running the graph tells. */
const extents = (g: GraphBuilder, parts: readonly (number | Value)[]): Value =>
  g.concat(parts.map((part) => (typeof part === "number" ? g.int64s([part]) : part)), { axis: 0 }); // prettier-ignore
