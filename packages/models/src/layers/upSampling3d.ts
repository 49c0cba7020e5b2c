// A volume made larger by whole factors, its elements repeated.
// keras.io/api/layers/reshaping_layers/up_sampling3d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

export const upSampling3d = defineLayer({
  className: "UpSampling3D",
  fields: {
    /** Factors of depth, height and width. */
    size: f.triple([2, 2, 2]),
    /** Where channels lie: `"channels_last"`, `[batch, …, channels]`, or `"channels_first"`, `[batch, channels, …]`. */
    data_format: f.dataFormat("channels_last"),
  },
  rank: 5,
  shape: ({ size }, [x]) => {
    const volume = size.map((factor, i) => scaled(x[i + 1]!, factor));
    return [[x[0], ...volume, x[4]]];
  },
  integers: () => "moves",
  layout: "channelsFirst",
  lower: ({ size: [d, h, w] }, [x], g) => {
    const each = g.expand(g.unsqueeze(x, [3, 5, 7]), [1, 1, 1, d, 1, h, 1, w]);
    const extents = [d, h, w].map((factor, i) =>
      g.mul(g.shape(x, { start: i + 2, end: i + 3 }), factor),
    );
    return [g.reshape(each, g.concat([g.shape(x, { start: 0, end: 2 }), ...extents], { axis: 0 }))];
  },
  samples: [
    { inputs: [[1, 2, 1, 2, 2]] },
    { config: { size: [1, 3, 2] }, inputs: [[2, 2, 1, 2, 1]] },
  ],
});

const scaled = (extent: number | null, factor: number) =>
  extent === null ? null : extent * factor;
