// The mean of each channel over the whole volume.
// keras.io/api/layers/pooling_layers/global_average_pooling3d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { flatten } from "./shared/reshaping";

export const globalAveragePooling3d = defineLayer({
  className: "GlobalAveragePooling3D",
  fields: {
    data_format: f.dataFormat("channels_last"),
    keepdims: f.flag(false),
  },
  rank: 5,
  shape: ({ keepdims }, [x]) => [keepdims ? [x[0], 1, 1, 1, x[4]] : [x[0], x[4]]],
  layout: "channelsFirst",
  lower: ({ keepdims }, [x], g) => {
    const pooled = g.globalAveragePool(x); // [batch, channels, 1, 1, 1]
    return [keepdims ? pooled : flatten(g, pooled)];
  },
  samples: [
    { inputs: [[2, 3, 2, 5, 4]] },
    { config: { keepdims: true }, inputs: [[1, 2, 1, 2, 3]] },
  ],
});
