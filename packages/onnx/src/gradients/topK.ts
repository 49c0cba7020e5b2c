import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";

export const topK = defineGradient({
  op: "TopK",
  outputs: 0,
  // The values' gradient goes back to where they were found.
  gradient: ([dy], context, g) => [
    dy &&
      g.op(
        "ScatterElements",
        [g.expand(g.scalar(dy.dtype, 0), g.shape(context.inputs[0])), context.output(1), dy],
        { axis: context.int("axis", -1) },
      ),
  ],
  samples: [
    { inputs: [[3, 5], tensor("int64", [1], [2])], outputs: 2 },
    {
      inputs: [[5, 2], tensor("int64", [1], [3])],
      attributes: { axis: 0, largest: 0 },
      outputs: 2,
    },
  ],
});
