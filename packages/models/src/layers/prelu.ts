// x above 0, alpha · x below, alpha learned for each element, or one along the shared axes
// (He et al. 2015, arXiv:1502.01852). keras.io/api/layers/activation_layers/prelu
import { CajalError, showShape } from "@cajal/core";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { toFirst } from "./shared/layouts";
import { trainable, weightFields } from "./definition/weightFields";
import { passesMask } from "./shared/masks";

export const prelu = defineLayer({
  className: "PReLU",
  fields: {
    ...weightFields("alpha", "zeros"),
    /** Axes along which a slope is shared; null: none. */
    shared_axes: f.integersOrNone(null),
  },
  shape: ({ shared_axes }, [x]) => {
    for (const axis of shared_axes ?? [])
      if (axis < 1 || axis >= x.length)
        throw new CajalError(
          "bad-argument",
          `shared_axes ${showShape(shared_axes!)}: expected axes from 1 to ${x.length - 1}, the batch being 0`,
          { shared_axes, shape: x },
        );
    x.slice(1).forEach((extent, i) => {
      if (extent === null && !shared_axes?.includes(i + 1))
        throw new CajalError(
          "bad-shape",
          `axis ${i + 1} is free and has a slope for each element: share it by shared_axes, or make it known`,
          { axis: i + 1, shape: x },
        );
    });
    return [x];
  },
  weights: (config, [x]) => {
    const shared = config.shared_axes ?? [];
    const shape = x.slice(1).map((extent, i) => (shared.includes(i + 1) ? 1 : Number(extent)));
    return [trainable(config, "alpha", shape)];
  },
  mask: passesMask,
  layout: "any",
  lower: (_, [x], g, { inputs, layout, training, weight }) => {
    const rank = inputs[0].length;
    const permute = toFirst(rank)
      .slice(1)
      .map((axis) => axis - 1);
    const alpha = weight("alpha", layout === "channelsFirst" ? [{ permute }] : []);
    // The slope at 0 is 0, as Keras writes it; that of ONNX' operator is alpha.
    if (training) return [g.sub(g.relu(x), g.mul(alpha, g.relu(g.neg(x))))];
    return [g.pRelu(x, alpha)];
  },
  samples: [
    { inputs: [[2, 3]] },
    { config: { shared_axes: [1, 2] }, inputs: [[2, 3, 4, 3]] },
    { inputs: [[2, 3, 4, 3]] },
    { config: { shared_axes: [2, 3] }, inputs: [[2, 3, 4, 2]] },
    { config: { shared_axes: [2] }, inputs: [[2, 3, 4, 2]] },
  ],
});
