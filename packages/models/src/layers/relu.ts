// f(x) = max_value where x ≥ max_value, x where threshold ≤ x < max_value,
// negative_slope · (x - threshold) below. keras.io/api/layers/activation_layers/relu
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

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
  shape: (_, [x]) => [x!],
  integers: ({ max_value, negative_slope, threshold }) =>
    negative_slope === 0 && threshold === 0 && Number.isInteger(max_value ?? 0)
      ? "computes"
      : undefined,
  layout: "elementwise",
  lower: ({ max_value, negative_slope, threshold }, [x], g, { dtype }) => {
    if (dtype !== "float32") {
      const above = g.max(x!, 0);
      return [max_value === null ? above : g.min(above, max_value)];
    }
    if (threshold === 0 && negative_slope === 0)
      return [max_value === null ? g.relu(x!) : g.clip(x!, { min: 0, max: max_value })];
    const kept = max_value === null ? x! : g.clip(x!, { max: max_value });
    const below = g.mul(g.sub(x!, threshold), negative_slope);
    return [g.where(g.greaterOrEqual(x!, threshold), kept, below)];
  },
  samples: [
    { inputs: [[2, 3]] },
    { config: { max_value: 6 }, inputs: [[2, 3, 2, 2]] },
    { config: { max_value: 4, negative_slope: 0.1, threshold: 1 }, inputs: [[3, 4, 2]] },
    { config: { negative_slope: 0.5 }, inputs: [[3, 4]] },
  ],
});
