// exp(x) / sum of exp(x) along an axis. keras.io/api/layers/activation_layers/softmax
import { showShape } from "@cajal/core";
import { activation } from "./activation";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { convert } from "./shared/layouts";
import { passesMask } from "./shared/masks";
import { axisOf } from "./shared/shapes";

export const softmax = defineLayer({
  className: "Softmax",
  fields: {
    /** Axis, the batch being 0; negative ones count from the end. */
    axis: f.axis(-1),
  },
  shape: ({ axis }, [x]) => {
    axisOf(axis, x);
    return [x];
  },
  ending: ({ axis }) => ({
    activation: "softmax",
    ...(axis === -1 && {
      without: { definition: activation, config: { activation: "linear" } },
    }),
  }),
  asActivation: ({ axis }) => (axis === -1 ? "softmax" : undefined),
  mask: {
    ...passesMask,
    takes: "one",
    refuses: (_, shape, mask) =>
      mask.length <= shape.length &&
      mask.toReversed().every((extent, i) => extent === 1 || extent === null || [null, extent].includes(shape.at(-1 - i)!)) // prettier-ignore
        ? undefined
        : `its mask ${showShape(mask)} does not fit its input ${showShape(shape)}`,
  },
  layout: "any",
  lower: ({ axis }, [x], g, context) => {
    const { mask, inputs: [shape], layout } = context; // prettier-ignore
    const along = { axis: context.axis(axis) };
    if (!mask) return [g.softmax(x, along)];
    // By NumPy's rules a mask of fewer axes lies along the last ones.
    const missing = Array.from({ length: shape.length - mask.shape!.length }, (_, i) => i);
    const maskShape = missing.length > 0 ? g.unsqueeze(mask, missing) : mask;
    const valid = convert(g, maskShape, maskShape.shape!.map((extent) => typeof extent === "number" ? extent : null), "channelsLast", layout); // prettier-ignore
    return [g.where(valid, g.softmax(g.where(valid, x, -1e9), along), 0)];
  },
  samples: [
    { inputs: [[2, 3]] },
    { config: { axis: 1 }, inputs: [[2, 3, 2]] },
    { config: { axis: -2 }, inputs: [[2, 3, 2, 4]] },
  ],
});
