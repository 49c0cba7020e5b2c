import { tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../graph/builder";
import { computed } from "../model/elementType";
import { defineGradient, inFloat32 } from "./gradient";
import { staticShape } from "./shared/sumTo";
import { writtenOut } from "./shared/writtenOut";

const batches = tensor("int64", [3], [0, 1, 1]);
const boxes = tensor("float32", [3, 4], [0.3, 0.6, 4.2, 3.1, 1.1, 1.3, 5.7, 5.2, -1.4, 0.2, 6.6, 2.9]); // prettier-ignore

export const roiAlign = defineGradient({
  op: "RoiAlign",
  inputs: 3,
  // A bin is the average of samples between pixels (He et al. 2017, arXiv:1703.06870), or the greatest of what the four
  // pixels around each sample add to it. Interpolation parts into rows and columns, A x Bᵀ, where row m of A weighs
  // pixel h by max(0, 1 − |place m − h|); A and B depend on the region.
  gradient: writtenOut(({ int, string, float, inputs }, g) => {
    const [x, rois, batch] = inputs;
    const [, channels, height, width] = staticShape(x!, "of RoiAlign");
    const half = string("coordinate_transformation_mode", "half_pixel") === "half_pixel";
    const edge = (i: number) => {
      const one = g.slice(rois!, { starts: [i], ends: [i + 1], axes: [1] });
      const scaled = g.mul(one, float("spatial_scale", 1));
      return g.unsqueeze(half ? g.sub(scaled, 0.5) : scaled, [2]); // [regions, 1, 1]
    };
    const along = (from: Value, to: Value, bins: number, extent: number) => {
      const span = g.sub(to, from);
      const length = half ? span : g.max(span, 1);
      return samplesOf(g, { from, length, bins, extent, count: int("sampling_ratio", 0) });
    };
    const rows = along(edge(1), edge(3), int("output_height", 1), height!);
    const columns = along(edge(0), edge(2), int("output_width", 1), width!);
    const images = g.gather(x!, batch!); // [regions, channels, height, width]
    const between = (a: Value, b: Value) =>
      g.matMul(g.matMul(g.unsqueeze(a, [1]), images), g.unsqueeze(g.transpose(b, [0, 2, 1]), [1]));
    if (string("mode", "avg") === "avg") return [between(averaged(g, rows), averaged(g, columns))];
    const pixels = partsOf(g, rows).flatMap((a) => partsOf(g, columns).map((b) => between(a, b)));
    const samples = g.reshape(
      pixels.reduce((most, each) => g.max(most, each)),
      extents(g, [g.shape(batch!), channels!, rows.bins, rows.most, columns.bins, columns.most]),
    );
    const sampled = (value: Value, axes: readonly number[]) => g.unsqueeze(value, axes);
    const used = g.and(sampled(rows.used, [1, 2, 4, 5]), sampled(columns.used, [1, 2, 3, 4]));
    const greatest = g.reduceMax(g.where(used, samples, -3e38), { axes: [3, 5], keepdims: false });
    // Regions without an extent have no samples, and give 0.
    const any = g.reduceMax(g.cast(used, x!.dtype), { axes: [3, 5], keepdims: false });
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
  readonly most: Value | number;
  /** How many those of a region have, 1 at least: [regions, 1, 1]. */
  readonly count: Value;
  /** Which of `most` a region has: bool [regions, most]. */
  readonly used: Value;
  /** How much the pixel before a sample and the one behind it count: [regions, bins, most, extent] each. */
  readonly before: Value;
  readonly behind: Value;
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
  const own = at.count > 0 ? g.add(g.mul(length, 0), at.count) : g.ceil(g.div(length, bins));
  const count = g.max(own, 1);
  const largest = g.reduceMax(g.concat([g.reshape(own, [-1]), numbers([2], 2)], { axis: 0 }), { keepdims: false }); // prettier-ignore
  const most = at.count > 0 ? at.count : g.reshape(g.cast(largest, "int64"), [1]);
  const sample = at.count > 0 ? numbers([at.count], at.count) : g.range(g.scalar(from.dtype, 0), largest, g.scalar(from.dtype, 1)); // prettier-ignore
  const share = g.add(numbers([1, bins, 1], bins), g.div(g.add(sample, 0.5), count));
  const place = g.add(from, g.mul(length, g.div(share, bins))); // [regions, bins, most]
  // Up to one pixel outside is the border; further out is nothing.
  const inside = g.and(g.greaterOrEqual(place, -1), g.lessOrEqual(place, extent));
  const clipped = g.unsqueeze(g.clip(place, { min: 0, max: extent - 1 }), [3]);
  const pixels = numbers([extent], extent);
  const weight = g.relu(g.sub(1, g.abs(g.sub(clipped, pixels))));
  const only = (which: Value) => g.where(g.and(which, g.unsqueeze(inside, [3])), weight, 0);
  return {
    bins,
    most,
    count,
    used: g.squeeze(g.less(sample, own), [1]),
    before: only(g.lessOrEqual(pixels, clipped)),
    behind: only(g.greater(pixels, clipped)),
  };
}

/** [regions, bins, extent]: how much each pixel counts in each bin. */
function averaged(g: GraphBuilder, { before, behind, used, count }: Samples): Value {
  const weights = g.where(g.unsqueeze(used, [1, 3]), g.add(before, behind), 0);
  return g.div(g.reduceSum(weights, { axes: [2], keepdims: false }), count);
}

/** [regions, bins · most, extent], of the pixels before the samples and of those behind. */
function partsOf(g: GraphBuilder, { before, behind, bins, most }: Samples): readonly Value[] {
  const rows = typeof most === "number" ? bins * most : g.mul(most, bins);
  return [before, behind].map((part) => {
    const [regions, extent] = [0, 3].map((axis) => g.gather(g.shape(part), g.int64s([axis])));
    return g.reshape(part, extents(g, [regions!, rows, extent!]));
  });
}

/** A shape of numbers, and of values [1] that only running the graph tells. */
const extents = (g: GraphBuilder, parts: readonly (number | Value)[]): Value =>
  g.concat(parts.map((part) => (typeof part === "number" ? g.int64s([part]) : part)), { axis: 0 }); // prettier-ignore
