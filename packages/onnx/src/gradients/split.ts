import { tensor } from "@cajal/core";
import type { Value } from "../graph/builder";
import { defineGradient } from "./gradient";

export const split = defineGradient({
  op: "Split",
  outputs: 0,
  // The parts put together again; a part that nothing depends on counts as zeros.
  gradient: (dys, { output, int }, g) => {
    const zeros = (y: Value) => g.expand(g.scalar(y.dtype, 0), g.shape(y));
    const parts = dys.map((dy, i) => dy ?? zeros(output(i)));
    return [g.concat(parts, { axis: int("axis", 0) })];
  },
  samples: [
    { inputs: [[4, 3], tensor("int64", [2], [1, 3])], outputs: 2 },
    { inputs: [[2, 6], tensor("int64", [3], [1, 2, 3])], attributes: { axis: -1 }, outputs: 3 },
  ],
});
