// An image without its borders. keras.io/api/layers/reshaping_layers/cropping2d
import { CajalError, showShape } from "@cajal/core";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

export const cropping2d = defineLayer({
  className: "Cropping2D",
  fields: {
    /** Rows and columns cut off: n, [rows, columns] or [[top, bottom], [left, right]]. */
    cropping: f.borders([
      [0, 0],
      [0, 0],
    ]),
    data_format: f.dataFormat("channels_last"),
  },
  rank: 4,
  shape: ({ cropping }, [x]) => {
    const [n, h, w, c] = x;
    const [rows, columns] = [h!, w!].map((extent, i) => {
      const [before, after] = cropping[i]!;
      if (extent === null) return null;
      if (before + after >= extent)
        throw new CajalError(
          "bad-shape",
          `cropping ${showShape(cropping[i]!)} leaves nothing of an extent of ${extent}`,
          { cropping, extent },
        );
      return extent - before - after;
    });
    return [[n!, rows!, columns!, c!]];
  },
  integers: () => "moves",
  layout: "channelsFirst",
  lower: ({ cropping: [[top, bottom], [left, right]] }, [x], g) => [
    g.slice(x, { starts: [top, left], ends: [end(bottom), end(right)], axes: [2, 3] }),
  ],
  samples: [
    { config: { cropping: 1 }, inputs: [[1, 4, 5, 2]] },
    { inputs: [[1, 4, 5, 2]] },
    {
      config: {
        cropping: [
          [1, 0],
          [0, 2],
        ],
      },
      inputs: [[2, 4, 5, 1]],
    },
  ],
});

/** Slice ends count from the back; the greatest stands for "to the end". */
const end = (after: number) => (after === 0 ? 2 ** 31 - 1 : -after);
