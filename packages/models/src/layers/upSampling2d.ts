// An image made larger by whole factors. keras.io/api/layers/reshaping_layers/up_sampling2d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

export const upSampling2d = defineLayer({
  className: "UpSampling2D",
  fields: {
    size: f.pair([2, 2]),
    data_format: f.dataFormat("channels_last"),
    interpolation: f.oneOf(["nearest", "bilinear"])("nearest"),
  },
  rank: 4,
  shape: ({ size: [rows, columns] }, [x]) => {
    const [n, h, w, c] = x!;
    return [[n!, h === null ? null : h! * rows, w === null ? null : w! * columns, c!]];
  },
  layout: "channelsFirst",
  lower: ({ interpolation, size: [rows, columns] }, [x], g) => [
    g.resize(
      x!,
      interpolation === "nearest"
        ? {
            scales: [1, 1, rows, columns],
            mode: "nearest",
            coordinate_transformation_mode: "asymmetric",
            nearest_mode: "floor",
          }
        : {
            scales: [1, 1, rows, columns],
            mode: "linear",
            coordinate_transformation_mode: "half_pixel",
          },
    ),
  ],
  samples: [
    { inputs: [[1, 3, 4, 2]] },
    { config: { size: [3, 2], interpolation: "bilinear" }, inputs: [[2, 3, 4, 1]] },
  ],
});
