// Average of each window, of the elements that the image has: padding is left out of the count.
// keras.io/api/layers/pooling_layers/average_pooling1d
import * as f from "../fields";
import { defineLayer } from "../layer";
import { padAttributes, slide, windows } from "../windows";

export const averagePooling1d = defineLayer({
  className: "AveragePooling1D",
  fields: {
    pool_size: f.single([2]),
    strides: f.singleOrNone(null),
    padding: f.oneOf(["valid", "same"])("valid"),
    data_format: f.dataFormat("channels_last"),
  },
  rank: 3,
  complete: (config) => ({ ...config, strides: config.strides ?? config.pool_size }),
  shape: (config, [x]) => {
    const axes = slide(config.pool_size, { ...config, strides: config.strides! });
    return [[x![0]!, ...axes.map((axis, i) => windows(x![i + 1]!, axis)), x![2]!]];
  },
  layout: "channelsFirst",
  lower: (config, [x], g, { inputs }) => {
    const { pool_size, strides } = config;
    const axes = slide(pool_size, { ...config, strides: strides! });
    return [
      g.averagePool(x!, {
        kernel_shape: pool_size,
        strides: strides!,
        ...padAttributes(inputs[0]!.slice(1, 2), axes),
      }),
    ];
  },
  samples: [
    { inputs: [[2, 5, 3]] },
    { config: { pool_size: 3, strides: 2, padding: "same" }, inputs: [[1, 6, 2]] },
    { config: { pool_size: 3, strides: 1 }, inputs: [[1, 6, 1]] },
  ],
});
