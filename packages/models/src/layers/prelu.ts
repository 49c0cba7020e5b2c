// x above 0, alpha · x below, alpha learned for each element, or one along the shared axes
// (He et al. 2015, arXiv:1502.01852). keras.io/api/layers/activation_layers/prelu
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { toFirst } from "../lower/layouts";
import { axisOf } from "./shared/shapes";
import { trainable, weightFields } from "./definition/weightFields";

export const prelu = defineLayer({
  className: "PReLU",
  fields: { ...weightFields("alpha", "zeros"), shared_axes: f.integersOrNone(null) },
  shape: ({ shared_axes }, [x]) => {
    shared_axes?.forEach((axis) => axisOf(axis, x!));
    return [x!];
  },
  weights: (config, [x]) => {
    const shared = (config.shared_axes ?? []).map((axis) => axisOf(axis, x!));
    const shape = x!.slice(1).map((extent, i) => (shared.includes(i + 1) ? 1 : Number(extent)));
    return [trainable(config, "alpha", shape)];
  },
  layout: "any",
  lower: (_, [x], g, { inputs, layout, weight }) => {
    const rank = inputs[0]!.length;
    const permute = toFirst(rank)
      .slice(1)
      .map((axis) => axis - 1);
    return [g.pRelu(x!, weight("alpha", layout === "channelsFirst" ? [{ permute }] : []))];
  },
  samples: [
    { inputs: [[2, 3]] },
    { config: { shared_axes: [1, 2] }, inputs: [[2, 3, 4, 3]] },
    { inputs: [[2, 3, 4, 3]] },
  ],
});
