// The largest value of each window, of a video or a volume.
// keras.io/api/layers/pooling_layers/max_pooling3d
import { defineLayer } from "./definition/layer";
import { poolable, poolAttributes, pooled, pooledShape, poolFields3d } from "./shared/pooling";

export const maxPooling3d = defineLayer({
  className: "MaxPooling3D",
  fields: poolFields3d,
  rank: 5,
  complete: (config) => ({ ...config, strides: config.strides ?? config.pool_size }),
  shape: (config, [x]) => [pooledShape(config, x)],
  integers: () => "computes",
  layout: "channelsFirst",
  lower: (config, [x], g, { inputs, dtype }) => [
    g.maxPool(
      pooled(config, poolable(g, x, dtype), g, inputs[0]),
      poolAttributes(config, inputs[0]),
    ),
  ],
  samples: [
    { inputs: [[2, 4, 5, 6, 2]] },
    { config: { pool_size: 3, strides: 2, padding: "same" }, inputs: [[1, 4, 6, 7, 2]] },
    { config: { pool_size: [1, 2, 3], strides: 1 }, inputs: [[1, 2, 4, 4, 1]] },
    { config: { pool_size: 1, strides: 2, padding: "same" }, inputs: [[1, 4, 5, 4, 1]] },
  ],
});
