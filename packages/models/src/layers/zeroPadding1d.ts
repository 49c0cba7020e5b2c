// Zeros before and after a sequence. keras.io/api/layers/reshaping_layers/zero_padding1d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { widenValue } from "./shared/integers";

export const zeroPadding1d = defineLayer({
  className: "ZeroPadding1D",
  fields: {
    /** Steps of zeros: n at both ends, or [start, end]. */
    padding: f.ends([1, 1]),
    // Keras before 3 does not have it.
    data_format: {
      ...f.dataFormat("channels_last"),
      write: (format) => (format === "channels_last" ? undefined : format),
    },
  },
  rank: 3,
  shape: ({ padding: [before, after] }, [x]) => {
    const [n, steps, c] = x;
    return [[n!, steps === null ? null : before + steps + after, c!]];
  },
  integers: () => "moves",
  layout: "channelsLast",
  // All axes are named, and whole numbers of 16 bits widened, as in ZeroPadding2D.
  lower: ({ padding: [before, after] }, [x], g, { dtype }) => [
    g.pad(dtype.endsWith("16") ? widenValue(g, x) : x, {
      pads: [0, before, 0, 0, after, 0],
      axes: [0, 1, 2],
    }),
  ],
  samples: [
    { inputs: [[1, 3, 2]] },
    { config: { padding: [2, 0] }, inputs: [[2, 3, 1]] },
    { config: { padding: [2, 1], data_format: "channels_first" }, inputs: [[2, 3, 4]] },
  ],
});
