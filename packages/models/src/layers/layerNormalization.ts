// Normalizes each example over some axes: gamma (x - mean) / sqrt(variance + epsilon) + beta, the
// variance biased (Ba et al. 2016, arXiv:1607.06450).
// keras.io/api/layers/normalization_layers/layer_normalization
import { CajalError, showShape, tensor } from "@cajal/core";
import type { KerasShape } from "./definition/shape";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { axisOf } from "./shared/shapes";
import { trainable, weightFields } from "./definition/weightFields";
import { passesMask } from "./shared/masks";

export const layerNormalization = defineLayer({
  className: "LayerNormalization",
  fields: {
    /** Axis, the batch being 0; negative ones count from the end. */
    axis: f.integers([-1]),
    epsilon: f.nonnegative(1e-3),
    center: f.flag(true),
    scale: f.flag(true),
    ...weightFields("beta", "zeros"),
    ...weightFields("gamma", "ones"),
  },
  shape: ({ axis }, [x]) => {
    normalized(axis, x);
    return [x];
  },
  weights: (config, [x]) => {
    const { extents } = normalized(config.axis, x);
    return [
      ...(config.scale ? [trainable(config, "gamma", extents)] : []),
      ...(config.center ? [trainable(config, "beta", extents)] : []),
    ];
  },
  // Keras casts what it has normalized back to the type of the input: of uint8, 255 where -1 is meant.
  integers: () => "refuses",
  mask: passesMask,
  layout: "channelsLast",
  lower: ({ axis, center, epsilon, scale }, [x], g, { inputs, weight }) => {
    const { axes, extents } = normalized(axis, inputs[0]);
    const rank = inputs[0].length;
    const trailing = axes[0] === rank - axes.length;
    if (trailing) {
      const size = extents.reduce((size, extent) => size * extent, 1);
      const ones = () => g.constant(tensor("float32", extents, new Float32Array(size).fill(1)));
      const gamma = scale ? weight("gamma") : ones();
      return [
        g.layerNormalization(x, gamma, center ? weight("beta") : undefined, {
          axis: axes[0],
          epsilon,
        }),
      ];
    }
    const reshape = inputs[0].map((_, i) => extents[axes.indexOf(i)] ?? 1);
    const centered = g.sub(x, g.reduceMean(x, { axes, keepdims: true }));
    const variance = g.reduceMean(g.mul(centered, centered), { axes, keepdims: true });
    const normal = g.div(centered, g.sqrt(g.add(variance, epsilon)));
    const scaled = scale ? g.mul(normal, weight("gamma", [{ reshape }])) : normal;
    return [center ? g.add(scaled, weight("beta", [{ reshape }])) : scaled];
  },
  samples: [
    { inputs: [[2, 4, 6]] },
    { config: { axis: [1, 2, 3], center: false }, inputs: [[2, 3, 4, 3]] },
    { config: { axis: [1], scale: false }, inputs: [[2, 3, 4]] },
    { config: { axis: [1, 3] }, inputs: [[2, 3, 4, 5]] },
  ],
});

/** The axes from the front, in order, and their extents. */
function normalized(axis: readonly number[], x: KerasShape): { axes: number[]; extents: number[] } {
  if (axis.length === 0) throw new CajalError("bad-argument", "axis [] names none", { axis });
  const axes = axis.map((each) => axisOf(each, x)).toSorted((a, b) => a - b);
  if (new Set(axes).size !== axes.length)
    throw new CajalError("bad-argument", `axis ${showShape(axis)} names one twice`, { axis });
  const extents = axes.map((each) => {
    const extent = x[each]!;
    if (each > 0 && extent !== null) return extent;
    throw new CajalError(
      "bad-shape",
      `axis ${each} cannot be normalized over: its extent is free`,
      {
        axis: each,
      },
    );
  });
  return { axes, extents };
}
