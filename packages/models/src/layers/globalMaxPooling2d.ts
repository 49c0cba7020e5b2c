// The largest value of each channel over the whole image.
// keras.io/api/layers/pooling_layers/global_max_pooling2d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { cast, isInteger, widenValue } from "./shared/integers";
import { flatten } from "./shared/reshaping";

export const globalMaxPooling2d = defineLayer({
  className: "GlobalMaxPooling2D",
  fields: {
    data_format: f.dataFormat("channels_last"),
    keepdims: f.flag(false),
  },
  rank: 4,
  shape: ({ keepdims }, [x]) => [keepdims ? [x[0], 1, 1, x[3]] : [x[0], x[3]]],
  integers: () => "moves",
  layout: "channelsFirst",
  lower: ({ keepdims }, [x], g) => {
    if (isInteger(x.dtype))
      return [cast(g, g.reduceMax(widenValue(g, x), { axes: [2, 3], keepdims }), x.dtype)];
    const pooled = g.globalMaxPool(x); // [batch, channels, 1, 1]
    return [keepdims ? pooled : flatten(g, pooled)];
  },
  samples: [{ inputs: [[2, 3, 5, 4]] }, { config: { keepdims: true }, inputs: [[1, 2, 1, 3]] }],
});
