// Average of each window, of the elements that the volume has: padding is left out of the count.
// keras.io/api/layers/pooling_layers/average_pooling3d
import { defineLayer } from "./definition/layer";
import { poolAttributes, pooled, pooledShape, poolFields3d } from "./shared/pooling";

export const averagePooling3d = defineLayer({
  className: "AveragePooling3D",
  fields: poolFields3d,
  rank: 5,
  complete: (config) => ({ ...config, strides: config.strides ?? config.pool_size }),
  shape: (config, [x]) => [pooledShape(config, x)],
  layout: "channelsFirst",
  lower: (config, [x], g, { inputs }) => [
    g.averagePool(pooled(config, x, g, inputs[0]), poolAttributes(config, inputs[0])),
  ],
  samples: [
    { inputs: [[2, 4, 5, 6, 2]] },
    { config: { pool_size: 3, strides: 2, padding: "same" }, inputs: [[1, 4, 6, 7, 2]] },
    { config: { pool_size: [1, 2, 3], strides: 1 }, inputs: [[1, 2, 4, 4, 1]] },
    { config: { pool_size: 1, strides: 2, padding: "same" }, inputs: [[1, 4, 5, 4, 1]] },
  ],
});
