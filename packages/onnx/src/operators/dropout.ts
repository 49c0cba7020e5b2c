import { tensor } from "@cajal/core";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";
import { drawnForEach } from "./shared/examples";
import { like, firstTwo, type Operand, type Optional } from "./shared/arguments";

export interface DropoutAttributes {
  readonly ratio?: Operand;
  readonly training_mode?: Value | boolean;
  readonly seed?: number;
}

const boolOf = (g: NodeWriter, flag: Value | boolean | undefined): Optional =>
  typeof flag === "boolean" ? g.scalar("bool", flag ? 1 : 0) : flag;

export const dropout = defineOperator({
  op: "Dropout",
  methods: {
    /** Zeros a share `ratio` and scales the rest up; does nothing unless `training_mode`. */
    dropout: (g: NodeWriter, x: Value, { ratio, training_mode, seed }: DropoutAttributes = {}) =>
      g.op("Dropout", [x, like(g, x, ratio), boolOf(g, training_mode)], { seed }),
    /** [y, mask] */
    dropoutWithMask: (
      g: NodeWriter,
      x: Value,
      { ratio, training_mode, seed }: DropoutAttributes = {},
    ) =>
      firstTwo(
        g.ops(
          "Dropout",
          [x, like(g, x, ratio), boolOf(g, training_mode)],
          { seed },
          { outputs: 2 },
        ),
      ),
  },
  settings: [1, 2],
  examples: drawnForEach,
  inputs: [1, 3],
  outputs: [1, 2],
  types: ["float", "float:ratio", "bool"],
  attributes: { seed: "int", ratio: "float", is_test: "int", consumed_inputs: "ints" },
  infer: ({ inputs: [x, ratio, training], opset }) => {
    const ratioValue = ratio?.elements?.[0];
    if (
      typeof ratioValue === "number" &&
      training?.elements?.[0] === 1 &&
      !(ratioValue >= 0 && ratioValue < 1)
    )
      throw badShape(`ratio is ${ratioValue}, expected a number from 0 on and below 1.`);
    return [
      { dtype: x.dtype, shape: x.shape },
      { dtype: opset < 10 ? x.dtype : "bool", shape: x.shape },
    ];
  },
  samples: [
    { inputs: [[2, 3]] },
    {
      inputs: [[2, 3], tensor("float32", [], [0.5]), tensor("bool", [], [1])],
      attributes: { seed: 7 },
      outputs: 2,
    },
  ],
});
