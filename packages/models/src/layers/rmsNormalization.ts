// scale · x / sqrt(mean(x²) + epsilon) over the last axes (Zhang and Sennrich 2019, arXiv:1910.07467).
// keras.io/api/layers/normalization_layers/rms_normalization
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { axisOf, channelsOf } from "./shared/shapes";
import { CajalError, showShape } from "@cajal/core";

export const rmsNormalization = defineLayer({
  className: "RMSNormalization",
  fields: {
    /** The axis that is normalized over; the last is the only one. */
    axis: f.axis(-1),
    /** Added to the mean of squares, against division by zero. */
    epsilon: f.nonnegative(1e-6),
  },
  shape: ({ axis }, [x]) => {
    if (axisOf(axis, x) !== x.length - 1)
      throw new CajalError(
        "unsupported",
        `axis ${axis} of ${showShape(x)} is not the last: only that is normalized over`,
        { axis },
      );
    channelsOf(x);
    return [x];
  },
  weights: (_, [x]) => [
    { name: "scale", shape: [channelsOf(x)], initializer: "ones", trainable: true },
  ],
  layout: "channelsLast",
  lower: ({ epsilon }, [x], g, { weight }) => {
    const squares = g.reduceMean(g.mul(x, x), { axes: [-1], keepdims: true });
    return [g.mul(g.div(x, g.sqrt(g.add(squares, epsilon))), weight("scale"))];
  },
  samples: [{ inputs: [[2, 3, 4]] }, { config: { epsilon: 0.1 }, inputs: [[2, 5]] }],
});
