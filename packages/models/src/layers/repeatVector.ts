// A vector n times: [batch, features] to [batch, n, features].
// keras.io/api/layers/reshaping_layers/repeat_vector
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

export const repeatVector = defineLayer({
  className: "RepeatVector",
  fields: {
    /** How often the input is repeated. */
    n: f.positive(),
  },
  rank: 2,
  shape: ({ n }, [x]) => [[x[0], n, x[1]]],
  integers: () => "moves",
  layout: "channelsLast",
  lower: ({ n }, [x], g) => [g.expand(g.unsqueeze(x, [1]), [1, n, 1])],
  samples: [{ config: { n: 3 }, inputs: [[2, 5]] }],
});
