// The largest value of each window.
// keras.io/api/layers/pooling_layers/max_pooling1d
import { defineLayer } from "./definition/layer";
import { poolable, poolAttributes, pooled, pooledShape, poolFields1d } from "./shared/pooling";

export const maxPooling1d = defineLayer({
  className: "MaxPooling1D",
  fields: poolFields1d,
  rank: 3,
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
    { inputs: [[2, 5, 3]] },
    { config: { pool_size: 3, strides: 2, padding: "same" }, inputs: [[1, 6, 2]] },
    { config: { pool_size: 3, strides: 1 }, inputs: [[1, 6, 1]] },
  ],
});
