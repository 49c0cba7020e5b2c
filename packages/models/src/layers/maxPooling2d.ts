// The largest value of each window.
// keras.io/api/layers/pooling_layers/max_pooling2d
import { defineLayer } from "./definition/layer";
import { poolable, poolAttributes, pooled, pooledShape, poolFields2d } from "./shared/pooling";

export const maxPooling2d = defineLayer({
  className: "MaxPooling2D",
  fields: poolFields2d,
  rank: 4,
  complete: (config) => ({ ...config, strides: config.strides ?? config.pool_size }),
  shape: (config, [x]) => [pooledShape(config, x)],
  integers: () => "computes",
  layout: "channelsFirst",
  // It pads with the least number: no different from 0 where no value is less, and no window all padding.
  pads: ({ padding, pool_size }, zeros, { nonnegative }) =>
    padding === "valid" &&
    nonnegative &&
    zeros.every((sides, axis) => sides.every((side) => side < pool_size[axis]!)),
  lower: (config, [x], g, { inputs, padding, dtype }) => [
    g.maxPool(
      pooled(config, poolable(g, x, dtype), g, inputs[0]),
      poolAttributes(config, inputs[0], padding),
    ),
  ],
  samples: [
    { inputs: [[2, 5, 6, 2]] },
    { config: { pool_size: 3, strides: 2, padding: "same" }, inputs: [[1, 6, 7, 2]] },
    { config: { pool_size: [2, 3], strides: 1, padding: "same" }, inputs: [[1, 6, 7, 1]] },
    { config: { pool_size: [1, 3], strides: [2, 1] }, inputs: [[1, 6, 7, 3]] },
  ],
});
