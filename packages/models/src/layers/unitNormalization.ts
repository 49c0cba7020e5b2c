// x / |x|, the Euclidean length over some axes; at least 1e-12, where all are 0.
// keras.io/api/layers/normalization_layers/unit_normalization
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { axisOf } from "./shared/shapes";
import { passesMask } from "./shared/masks";

export const unitNormalization = defineLayer({
  className: "UnitNormalization",
  fields: {
    /** Axis or axes that a length is taken over, the batch being 0; negative ones count from the end. */
    axis: f.integers([-1]),
  },
  shape: ({ axis }, [x]) => {
    for (const each of axis) axisOf(each, x);
    return [x];
  },
  mask: passesMask,
  layout: "channelsLast",
  lower: ({ axis }, [x], g, { inputs }) => {
    const axes = axis.map((each) => axisOf(each, inputs[0]));
    const squares = g.reduceSum(g.mul(x, x), { axes, keepdims: true });
    return [g.div(x, g.sqrt(g.max(squares, 1e-24)))];
  },
  samples: [{ inputs: [[2, 3, 4]] }, { config: { axis: [1, 2] }, inputs: [[2, 3, 4]] }],
});
