import { tensor } from "@cajal/core";
import type { NodeWriter } from "./method";
import { badShape, defineOperator } from "./operator";
import { operands, type Operand } from "./shared/arguments";

export const range = defineOperator({
  op: "Range",
  methods: {
    /** int64 unless an operand says otherwise. */
    range: (g: NodeWriter, start: Operand, limit: Operand, delta: Operand = 1) =>
      g.op("Range", operands(g, [start, limit, delta], "int64")),
  },
  since: 11,
  inputs: [3, 3],
  outputs: [1, 1],
  types: ["number"],
  attributes: { stash_type: "int" },
  infer: ({ inputs }) => {
    const [start, limit, delta] = inputs.map((input) => input?.elements?.[0]);
    const { dtype } = inputs[0];
    if (start === 0 && delta === 1 && typeof limit === "string") return [{ dtype, shape: [limit] }];
    if (typeof start !== "number" || typeof limit !== "number" || typeof delta !== "number")
      return [{ dtype, shape: [undefined] }];
    if (delta === 0) throw badShape("delta is 0.");
    const length = Math.max(0, Math.ceil((limit - start) / delta));
    if (!Number.isFinite(length))
      throw badShape(`from ${start} to ${limit} by ${delta} has no end.`);
    return [
      {
        dtype,
        shape: [length],
        elements: length <= 256 ? Array.from({ length }, (_, i) => start + i * delta) : undefined,
      },
    ];
  },
  samples: [
    {
      inputs: [tensor("int64", [], [1]), tensor("int64", [], [8]), tensor("int64", [], [3])],
    },
    {
      inputs: [
        tensor("float32", [], [1]),
        tensor("float32", [], [0]),
        tensor("float32", [], [-0.25]),
      ],
    },
  ],
});
