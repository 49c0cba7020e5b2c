// A sequence without its ends. keras.io/api/layers/reshaping_layers/cropping1d
import { CajalError, showShape } from "@cajal/core";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

export const cropping1d = defineLayer({
  className: "Cropping1D",
  fields: {
    /** Steps cut off: n at both ends, or [start, end]. */
    cropping: f.ends([1, 1]),
  },
  rank: 3,
  shape: ({ cropping: [before, after] }, [x]) => {
    const [n, steps, c] = x;
    if (steps !== null && before + after >= steps)
      throw new CajalError(
        "bad-shape",
        `cropping ${showShape([before, after])} leaves nothing of an extent of ${steps}`,
        { cropping: [before, after], extent: steps },
      );
    return [[n!, steps === null ? null : steps - before - after, c!]];
  },
  integers: () => "moves",
  layout: "channelsLast",
  // Slice ends count from the back; the greatest stands for "to the end".
  lower: ({ cropping: [before, after] }, [x], g) => [
    g.slice(x, { starts: [before], ends: [after === 0 ? 2 ** 31 - 1 : -after], axes: [1] }),
  ],
  samples: [
    { inputs: [[1, 4, 2]] },
    { config: { cropping: 2 }, inputs: [[2, 5, 2]] },
    { config: { cropping: [3, 0] }, inputs: [[2, 4, 1]] },
  ],
});
