// Average of each window, of the elements that the image has: padding is left out of the count.
// keras.io/api/layers/pooling_layers/average_pooling1d
import { defineLayer } from "./definition/layer";
import { poolAttributes, pooled, pooledShape, poolFields1d } from "./shared/pooling";

export const averagePooling1d = defineLayer({
  className: "AveragePooling1D",
  fields: poolFields1d,
  rank: 3,
  complete: (config) => ({ ...config, strides: config.strides ?? config.pool_size }),
  shape: (config, [x]) => [pooledShape(config, x)],
  layout: "channelsFirst",
  lower: (config, [x], g, { inputs }) => [
    g.averagePool(pooled(config, x, g, inputs[0]), poolAttributes(config, inputs[0])),
  ],
  samples: [
    { inputs: [[2, 5, 3]] },
    { config: { pool_size: 3, strides: 2, padding: "same" }, inputs: [[1, 6, 2]] },
    { config: { pool_size: 3, strides: 1 }, inputs: [[1, 6, 1]] },
  ],
});
