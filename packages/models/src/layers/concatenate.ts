// Inputs side by side along an axis. keras.io/api/layers/merging_layers/concatenate
import { CajalError, showShape } from "@cajal/core";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { axisOf } from "./shared/shapes";

export const concatenate = defineLayer({
  className: "Concatenate",
  fields: {
    /** Axis, the batch being 0; negative ones count from the end. */
    axis: f.axis(-1),
  },
  arity: [1, Infinity],
  shape: ({ axis }, inputs) => {
    const first = inputs[0];
    const along = axisOf(axis, first);
    for (const other of inputs.slice(1))
      if (
        other.length !== first.length ||
        other.some((extent, i) => {
          const expected = first[i]!;
          return i !== along && extent !== null && expected !== null && extent !== expected;
        })
      )
        throw new CajalError(
          "bad-shape",
          `shapes ${showShape(first)} and ${showShape(other)} differ outside of axis ${along}, along which they are joined`,
          { shapes: inputs, axis: along },
        );
    return [
      first.map((extent, i) => {
        const values = inputs.map((input) => input[i]!);
        if (i !== along) return values.find((each) => each !== null) ?? extent;
        return values.reduce(
          (sum: number | null, each) => (sum === null || each === null ? null : sum + each),
          0,
        );
      }),
    ];
  },
  integers: () => "moves",
  // Keras joins the masks of features too, where a step is then valid by any of them.
  mask: {
    passes: () => true,
    merges: ({ axis }, rank) => (axis === -1 || axis === rank - 1 ? "beside" : "joined"),
    mergesAlong: ({ axis }) => axis,
  },
  layout: "any",
  lower: ({ axis }, inputs, g, context) => [
    inputs.length === 1 ? inputs[0] : g.concat(inputs, { axis: context.axis(axis) }),
  ],
  samples: [
    {
      inputs: [
        [2, 3, 2, 2],
        [2, 3, 2, 5],
      ],
    },
    {
      config: { axis: 1 },
      inputs: [
        [2, 3],
        [2, 1],
        [2, 4],
      ],
    },
    {
      config: { axis: -2 },
      inputs: [
        [2, 3, 2],
        [2, 4, 2],
      ],
    },
  ],
});
