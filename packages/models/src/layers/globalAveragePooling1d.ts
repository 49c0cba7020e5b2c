// The mean of each channel over the whole sequence, or over the steps of it that are there.
// keras.io/api/layers/pooling_layers/global_average_pooling1d
import type { Value } from "@cajal/onnx";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { expectsStepMask } from "./shared/masks";
import { flatten } from "./shared/reshaping";

export const globalAveragePooling1d = defineLayer({
  className: "GlobalAveragePooling1D",
  fields: {
    data_format: f.dataFormat("channels_last"),
    keepdims: f.flag(false),
  },
  rank: 3,
  shape: ({ keepdims }, [x]) => [keepdims ? [x[0], 1, x[2]] : [x[0], x[2]]],
  mask: { takes: "one", refuses: expectsStepMask },
  layout: "channelsFirst",
  lower: ({ keepdims }, [x], g, { mask }) => {
    if (mask) {
      const isValid = g.unsqueeze(mask, [1]); // [batch, 1, steps]
      const sum = (value: Value) => g.reduceSum(value, { axes: [2], keepdims });
      return [g.div(sum(g.where(isValid, x, 0)), sum(g.cast(isValid, "float32")))];
    }
    const pooled = g.globalAveragePool(x); // [batch, channels, 1]
    return [keepdims ? pooled : flatten(g, pooled)];
  },
  samples: [{ inputs: [[2, 3, 5]] }, { config: { keepdims: true }, inputs: [[1, 2, 3]] }],
});
