// x · scale + offset, both numbers or one for each channel.
// keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling
import { tensor } from "@cajal/core";
import type { Value } from "@cajal/onnx";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { passesMask } from "./shared/masks";

export const rescaling = defineLayer({
  className: "Rescaling",
  fields: {
    /** Factor of the input. */
    scale: f.reals(),
    /** Added after the scale. */
    offset: f.reals(0),
  },
  shape: (_, [x]) => [x],
  mask: passesMask,
  layout: "any",
  lower: ({ scale, offset }, [x], g, { inputs, layout }) => {
    const spatialOnes = layout === "channelsFirst" ? inputs[0].slice(2).map(() => 1) : [];
    const operand = (value: number | readonly number[]): number | Value =>
      typeof value === "number"
        ? value
        : g.constant(tensor("float32", [value.length, ...spatialOnes], value));
    const scaled = g.mul(x, operand(scale));
    return [offset === 0 ? scaled : g.add(scaled, operand(offset))];
  },
  samples: [
    { config: { scale: 1 / 255 }, inputs: [[1, 3, 4, 3]] },
    { config: { scale: [1, 2, 3], offset: [0, 1, 2] }, inputs: [[1, 3, 4, 3]] },
    { config: { scale: 2, offset: -1 }, inputs: [[2, 3]] },
  ],
});
