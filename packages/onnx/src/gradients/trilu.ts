import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";

export const trilu = defineGradient({
  op: "Trilu",
  // What was kept lets its gradient through.
  gradient: ([dy], { inputs, int }, g) => [
    g.op("Trilu", [dy, inputs[1]], { upper: int("upper", 1) }),
  ],
  samples: [
    { inputs: [[3, 4]] },
    { inputs: [[2, 3, 3], tensor("int64", [], [1])], attributes: { upper: 0 } },
  ],
});
