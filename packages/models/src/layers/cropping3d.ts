// A volume without its borders. keras.io/api/layers/reshaping_layers/cropping3d
import { CajalError, showShape } from "@cajal/core";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

export const cropping3d = defineLayer({
  className: "Cropping3D",
  fields: {
    /** What is cut off along each axis: n, [depth, height, width], or [before, after] of each. */
    cropping: f.borders3d([
      [1, 1],
      [1, 1],
      [1, 1],
    ]),
    /** Where channels lie: `"channels_last"`, `[batch, …, channels]`, or `"channels_first"`, `[batch, channels, …]`. */
    data_format: f.dataFormat("channels_last"),
  },
  rank: 5,
  shape: ({ cropping }, [x]) => {
    const volume = cropping.map(([before, after], i) => {
      const extent = x[i + 1]!;
      if (extent === null) return null;
      if (before + after >= extent)
        throw new CajalError(
          "bad-shape",
          `cropping ${showShape([before, after])} leaves nothing of an extent of ${extent}`,
          { cropping, extent },
        );
      return extent - before - after;
    });
    return [[x[0], ...volume, x[4]]];
  },
  integers: () => "moves",
  layout: "channelsFirst",
  // Slice ends count from the back; the greatest stands for "to the end".
  lower: ({ cropping }, [x], g) => [
    g.slice(x, {
      starts: cropping.map(([before]) => before),
      ends: cropping.map(([, after]) => (after === 0 ? 2 ** 31 - 1 : -after)),
      axes: [2, 3, 4],
    }),
  ],
  samples: [
    { inputs: [[1, 4, 3, 3, 2]] },
    { config: { cropping: [[1, 0], [0, 2], [0, 0]] }, inputs: [[2, 3, 4, 2, 1]] }, // prettier-ignore
  ],
});
