// f(x) = max_value where x > max_value, x where threshold < x ≤ max_value, negative_slope · (x - threshold)
// elsewhere. keras.io/api/layers/activation_layers/relu
import { activate } from "./definition/activations";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { passesMask } from "./shared/masks";

export const relu = defineLayer({
  className: "ReLU",
  fields: {
    /** Largest output; null: none. */
    max_value: f.limitOrNone(null),
    /** Slope below the threshold. */
    negative_slope: f.nonnegative(0),
    /** Inputs up to this one give 0. */
    threshold: f.nonnegative(0),
  },
  shape: (_, [x]) => [x],
  integers: ({ max_value, negative_slope, threshold }) =>
    negative_slope === 0 && threshold === 0 && Number.isInteger(max_value ?? 0)
      ? "computes"
      : undefined,
  nonnegative: ({ negative_slope, threshold }) => negative_slope === 0 && threshold === 0,
  asActivation: ({ max_value, negative_slope, threshold }) => {
    if (negative_slope !== 0) return {};
    if (threshold === 0 && max_value === null) return "relu";
    return threshold === 0 && max_value === 6 ? "relu6" : { nonnegative: true };
  },
  mask: passesMask,
  layout: "elementwise",
  lower: ({ max_value, negative_slope, threshold }, [x], g, { dtype }) => {
    if (dtype !== "float32") {
      const positivePart = g.max(x, 0);
      return [max_value === null ? positivePart : g.min(positivePart, max_value)];
    }
    if (threshold === 0 && max_value === null && negative_slope !== 0)
      return [g.leakyRelu(x, { alpha: negative_slope })];
    const upperPart =
      threshold > 0
        ? g.where(g.greater(x, threshold), max_value === null ? x : g.clip(x, { max: max_value }), 0) // prettier-ignore
        : max_value === null
          ? g.relu(x)
          : // Only in ReLU6 has Keras slope 0 at the largest output.
            max_value === 6
            ? activate("relu6", x, g, 1)
            : g.clip(g.relu(x), { max: max_value });
    if (negative_slope === 0) return [upperPart];
    return [g.sub(upperPart, g.mul(g.relu(g.sub(threshold, x)), negative_slope))];
  },
  samples: [
    { inputs: [[2, 3]] },
    { config: { max_value: 6 }, inputs: [[2, 3, 2, 2]] },
    { config: { max_value: 4, negative_slope: 0.1, threshold: 1 }, inputs: [[3, 4, 2]] },
    { config: { negative_slope: 0.5 }, inputs: [[3, 4]] },
  ],
});
