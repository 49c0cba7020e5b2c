// Axes in another order, counted from 1 without the batch.
// keras.io/api/layers/reshaping_layers/permute
import { CajalError, showShape } from "@cajal/core";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

export const permute = defineLayer({
  className: "Permute",
  fields: {
    /** Order of the axes, the batch left out: the first is 1. */
    dims: f.integers(),
  },
  shape: ({ dims }, [x]) => {
    const rank = x.length - 1;
    if (dims.length !== rank || dims.toSorted((a, b) => a - b).some((axis, i) => axis !== i + 1))
      throw new CajalError(
        "bad-argument",
        `dims ${showShape(dims)} are not an order of the axes 1 to ${rank}`,
        { dims, rank },
      );
    return [[x[0], ...dims.map((axis) => x[axis]!)]];
  },
  integers: () => "moves",
  layout: "channelsLast",
  lower: ({ dims }, [x], g) => [g.transpose(x, [0, ...dims])],
  samples: [
    { config: { dims: [3, 1, 2] }, inputs: [[2, 3, 4, 5]] },
    { config: { dims: [2, 1] }, inputs: [[2, 3, 4]] },
    { config: { dims: [1] }, inputs: [[2, 3]] },
  ],
});
