// Zeros around an image. keras.io/api/layers/reshaping_layers/zero_padding2d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { widenValue } from "./shared/integers";

export const zeroPadding2d = defineLayer({
  className: "ZeroPadding2D",
  fields: {
    /** Rows and columns of zeros: n, [rows, columns] or [[top, bottom], [left, right]]. */
    padding: f.borders([
      [1, 1],
      [1, 1],
    ]),
    data_format: f.dataFormat("channels_last"),
  },
  rank: 4,
  shape: ({ padding: [rows, columns] }, [x]) => {
    const [n, h, w, c] = x;
    return [[n!, paddedExtent(h!, rows), paddedExtent(w!, columns), c!]];
  },
  integers: () => "moves",
  zeros: ({ padding }) => padding,
  layout: "channelsFirst",
  // All axes are named although they could be left out: ONNX Runtime (1.30) merges a Pad without them
  // into a MaxPool behind it, which pads with the least number instead of 0; and given some of them
  // only, it loses count when it moves a Transpose across.
  lower: ({ padding: [[top, bottom], [left, right]] }, [x], g, { dtype }) => [
    // ONNX Runtime's Pad has no whole numbers of 16 bits.
    g.pad(dtype.endsWith("16") ? widenValue(g, x) : x, {
      pads: [0, 0, top, left, 0, 0, bottom, right],
      axes: [0, 1, 2, 3],
    }),
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

const paddedExtent = (extent: number | null, [before, after]: f.Pair) =>
  extent === null ? null : before + extent + after;
