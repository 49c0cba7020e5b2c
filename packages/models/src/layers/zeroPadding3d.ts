// Zeros around a volume. keras.io/api/layers/reshaping_layers/zero_padding3d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { widenValue } from "./shared/integers";

export const zeroPadding3d = defineLayer({
  className: "ZeroPadding3D",
  fields: {
    /** Zeros along each axis: n, [depth, height, width], or [before, after] of each. */
    padding: f.borders3d([
      [1, 1],
      [1, 1],
      [1, 1],
    ]),
    /** Where channels lie: `"channels_last"`, `[batch, …, channels]`, or `"channels_first"`, `[batch, channels, …]`. */
    data_format: f.dataFormat("channels_last"),
  },
  rank: 5,
  shape: ({ padding }, [x]) => {
    const volume = padding.map(([before, after], i) => {
      const extent = x[i + 1]!;
      return extent === null ? null : before + extent + after;
    });
    return [[x[0], ...volume, x[4]]];
  },
  integers: () => "moves",
  layout: "channelsFirst",
  // All axes are named, and whole numbers of 16 bits widened, as in ZeroPadding2D.
  lower: ({ padding }, [x], g, { dtype }) => [
    g.pad(dtype.endsWith("16") ? widenValue(g, x) : x, {
      pads: [
        0,
        0,
        ...padding.map(([before]) => before),
        0,
        0,
        ...padding.map(([, after]) => after),
      ],
      axes: [0, 1, 2, 3, 4],
    }),
  ],
  samples: [
    { inputs: [[1, 2, 3, 2, 2]] },
    { config: { padding: [[1, 0], [0, 2], [2, 1]] }, inputs: [[2, 2, 1, 2, 1]] }, // prettier-ignore
  ],
});
