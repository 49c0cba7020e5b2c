import { tensor } from "@cajal/core";
import { show } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";
import { scalarOr, type Flag } from "./shared/arguments";

export const trilu = defineOperator({
  op: "Trilu",
  methods: {
    trilu: (g: NodeWriter, x: Value, k?: Value | number, attributes: { upper?: Flag } = {}) =>
      g.op("Trilu", [x, scalarOr(g, "int64", k)], attributes),
  },
  since: 14,
  inputs: [1, 2],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: { upper: "int" },
  infer: ({ inputs: [x] }) => {
    if (x.shape && x.shape.length < 2)
      throw badShape(`input ${show(x.shape)}: expected rank 2 or more.`);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  samples: [
    { inputs: [[3, 4]] },
    { inputs: [[2, 3, 4], tensor("int64", [], [1])], attributes: { upper: 0 } },
  ],
});
