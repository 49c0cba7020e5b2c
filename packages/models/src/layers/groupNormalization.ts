// Normalizes each example over groups of channels and all of the image: gamma (x - mean) / sqrt(variance +
// epsilon) + beta, gamma and beta for each channel (Wu and He 2018, arXiv:1803.08494).
// keras.io/api/layers/normalization_layers/group_normalization
import { CajalError, showShape } from "@cajal/core";
import type { Value } from "@cajal/onnx";
import type { KerasShape } from "./definition/shape";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { axisOf } from "./shared/shapes";
import { passesMask } from "./shared/masks";
import { trainable, weightFields } from "./definition/weightFields";

export const groupNormalization = defineLayer({
  className: "GroupNormalization",
  fields: {
    /** Into how many groups the channels are divided; −1: each channel is a group. */
    groups: f.integer(32),
    /** Axis of the channels, the batch being 0; negative ones count from the end. */
    axis: f.axis(-1),
    /** Added to the variance, against division by zero. */
    epsilon: f.nonnegative(1e-3),
    /** Whether beta, which is learned, is added. */
    center: f.flag(true),
    /** Whether the result is multiplied by gamma, which is learned. */
    scale: f.flag(true),
    ...weightFields("beta", "zeros"),
    ...weightFields("gamma", "ones"),
  },
  shape: (config, [x]) => {
    divided(config, x);
    return [x];
  },
  weights: (config, [x]) => {
    const { channels } = divided(config, x);
    return [
      ...(config.scale ? [trainable(config, "gamma", [channels])] : []),
      ...(config.center ? [trainable(config, "beta", [channels])] : []),
    ];
  },
  mask: passesMask,
  layout: {
    by: ({ axis }, [x]) => (axisOf(axis, x!) === x!.length - 1 ? "channelsFirst" : "channelsLast"),
  },
  lower: (config, [input], g, { axis: axisIn, inputs, weight }) => {
    const { channels, groups } = divided(config, inputs[0]);
    const axis = axisIn(axisOf(config.axis, inputs[0]));
    // Channels right after the batch, then groups with all that is theirs on one axis.
    const swapChannelAxis = inputs[0].map((_, i) => (i === axis ? 1 : i === 1 ? axis : i));
    const inPlace = (value: Value) => (axis === 1 ? value : g.transpose(value, swapChannelAxis));
    const x = inPlace(input);
    const grouped = g.reshape(x, [0, groups, -1]);
    const centered = g.sub(grouped, g.reduceMean(grouped, { axes: [2], keepdims: true }));
    const variance = g.reduceMean(g.mul(centered, centered), { axes: [2], keepdims: true });
    const normal = g.div(centered, g.sqrt(g.add(variance, config.epsilon)));
    const y = g.reshape(normal, g.shape(x));
    const reshape = [channels, ...inputs[0].slice(2).map(() => 1)];
    const scaled = config.scale ? g.mul(y, weight("gamma", [{ reshape }])) : y;
    return [inPlace(config.center ? g.add(scaled, weight("beta", [{ reshape }])) : scaled)];
  },
  samples: [
    { config: { groups: 2 }, inputs: [[2, 3, 4, 4]] },
    { config: { groups: -1, center: false }, inputs: [[2, 5, 3]] },
    { config: { groups: 3, axis: 1, scale: false }, inputs: [[2, 6, 4, 3]] },
    { config: { groups: 2 }, inputs: [[3, 4]] },
  ],
});

function divided(
  { axis, groups }: { readonly axis: number; readonly groups: number },
  x: KerasShape,
): { channels: number; groups: number } {
  const channels = x[axisOf(axis, x)];
  if (typeof channels !== "number" || axisOf(axis, x) === 0)
    throw new CajalError("bad-shape", `axis ${axis} of ${showShape(x)} must be known`, { axis });
  const count = groups === -1 ? channels : groups;
  if (count < 1 || channels % count !== 0)
    throw new CajalError("bad-shape", `${channels} channels do not divide into ${groups} groups`, {
      channels,
      groups,
    });
  return { channels, groups: count };
}
