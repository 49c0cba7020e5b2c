import { tensor } from "@cajal/core";
import { show } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";
import { elementByElement } from "./shared/examples";
import { like, type Operand } from "./shared/arguments";

/** Clip took its limits as attributes before opset 11. */
export const clip = defineOperator({
  op: "Clip",
  methods: {
    clip: (g: NodeWriter, x: Value, { min, max }: { min?: Operand; max?: Operand }) =>
      g.op("Clip", [x, like(g, x, min), like(g, x, max)]),
  },
  settings: [1, 2],
  examples: elementByElement,
  inputs: [1, 3],
  outputs: [1, 1],
  types: ["number"],
  attributes: { min: "float", max: "float", consumed_inputs: "ints" },
  infer: ({ inputs: [x, min, max] }) => {
    for (const limit of [min, max])
      if (
        limit?.shape &&
        limit.shape.length > 0 &&
        !(limit.shape.length === 1 && limit.shape[0] === 1)
      )
        throw badShape(`limits are scalars; got shape ${show(limit.shape)}.`);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  samples: [
    { inputs: [[2, 3], tensor("float32", [], [0.2]), tensor("float32", [], [0.5])] },
    { inputs: [[2, 3], undefined, tensor("float32", [], [0.5])] },
    { inputs: [tensor("int64", [3], [-4, 0, 9]), tensor("int64", [], [0])] },
  ],
});
