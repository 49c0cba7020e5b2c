// Zeros around an image. keras.io/api/layers/reshaping_layers/zero_padding2d
import * as f from "../fields";
import { defineLayer } from "../layer";

export const zeroPadding2d = defineLayer({
  className: "ZeroPadding2D",
  fields: {
    padding: f.borders([
      [1, 1],
      [1, 1],
    ]),
    data_format: f.dataFormat("channels_last"),
  },
  rank: 4,
  shape: ({ padding: [rows, columns] }, [x]) => {
    const [n, h, w, c] = x!;
    return [[n!, widened(h!, rows), widened(w!, columns), c!]];
  },
  layout: "channelsFirst",
  lower: ({ padding: [[top, bottom], [left, right]] }, [x], g) => [
    g.pad(x!, { pads: [0, 0, top, left, 0, 0, bottom, right] }),
  ],
  samples: [
    { inputs: [[1, 3, 4, 2]] },
    { config: { padding: [1, 2] }, inputs: [[2, 3, 4, 1]] },
    {
      config: {
        padding: [
          [0, 1],
          [2, 0],
        ],
      },
      inputs: [[1, 3, 4, 2]],
    },
  ],
});

const widened = (extent: number | null, [before, after]: f.Pair) =>
  extent === null ? null : before + extent + after;
