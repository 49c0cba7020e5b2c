import { CajalError, tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../graph/builder";
import { computed } from "../model/elementType";
import { defineGradient, inFloat32, type GradientContext } from "./gradient";
import { staticShape } from "./shared/sumTo";
import { writtenOut } from "./shared/writtenOut";

const batches = tensor("int64", [3], [0, 1, 1]);
const boxes = tensor("float32", [3, 4], [0.3, 0.6, 4.2, 3.1, 1.1, 1.3, 5.7, 5.2, -1.4, 0.2, 6.6, 2.9]); // prettier-ignore

export const roiAlign = defineGradient({
  op: "RoiAlign",
  inputs: 3,
  // A bin is the average of samples between pixels (He et al. 2017, arXiv:1703.06870). Interpolation parts into rows
  // and columns: y = A x Bᵀ, where row m of A weighs pixel h by max(0, 1 − |place m − h|), averaged over
  // the samples of a bin; A and B depend on the region.
  gradient: writtenOut((context, g) => {
    const { int, string, float, inputs } = context;
    const [x, rois, batch] = inputs;
    const [, , height, width] = staticShape(x!, "of RoiAlign");
    if (string("mode", "avg") !== "avg") throw unsupported(context, "mode max");
    const samples = int("sampling_ratio", 0);
    // As many as the region is larger than the result, which only running it tells.
    if (samples <= 0) throw unsupported(context, "sampling_ratio 0");
    const half = string("coordinate_transformation_mode", "half_pixel") === "half_pixel";
    const edge = (i: number) => {
      const one = g.slice(rois!, { starts: [i], ends: [i + 1], axes: [1] });
      const scaled = g.mul(one, float("spatial_scale", 1));
      return half ? g.sub(scaled, 0.5) : scaled; // [regions, 1]
    };
    const along = (from: Value, to: Value, bins: number, extent: number) => {
      const length = g.sub(to, from);
      const places = spread(g, from, half ? length : g.max(length, 1), bins, samples);
      return weights(g, places, bins, samples, extent);
    };
    const rows = along(edge(1), edge(3), int("output_height", 1), height!);
    const columns = along(edge(0), edge(2), int("output_width", 1), width!);
    const images = g.gather(x!, batch!); // [regions, channels, height, width]
    return [
      g.matMul(
        g.matMul(g.unsqueeze(rows, [1]), images),
        g.unsqueeze(g.transpose(columns, [0, 2, 1]), [1]),
      ),
    ];
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
  ]),
});

/** Where the samples of all bins lie: [regions, bins · samples]. */
function spread(g: GraphBuilder, from: Value, length: Value, bins: number, samples: number): Value {
  const shares = Array.from({ length: bins * samples }, (_, i) => (i + 0.5) / (bins * samples));
  const steps = g.constant(tensor(computed(from.dtype), [1, bins * samples], shares));
  return g.add(from, g.mul(length, steps));
}

/** [regions, bins, extent]: how much each pixel counts in each bin. */
function weights(
  g: GraphBuilder,
  places: Value,
  bins: number,
  samples: number,
  extent: number,
): Value {
  // Up to one pixel outside is the border; further out is nothing.
  const inside = g.and(g.greaterOrEqual(places, -1), g.lessOrEqual(places, extent));
  const place = g.unsqueeze(g.clip(places, { min: 0, max: extent - 1 }), [2]);
  const pixels = Array.from({ length: extent }, (_, i) => i);
  const distance = g.abs(
    g.sub(place, g.constant(tensor(computed(places.dtype), [1, 1, extent], pixels))),
  );
  const weight = g.mul(g.relu(g.sub(1, distance)), g.unsqueeze(g.cast(inside, places.dtype), [2]));
  const regions = staticShape(places, "of RoiAlign")[0]!;
  return g.reduceMean(g.reshape(weight, [regions, bins, samples, extent]), {
    axes: [2],
    keepdims: false,
  });
}

const unsupported = ({ node }: GradientContext, what: string) =>
  new CajalError(
    "unsupported",
    `node "${node.name}": the gradient of RoiAlign with ${what} is not known; it is for mode avg and a sampling_ratio above 0.`,
    { node: node.name, op: node.op },
  );
