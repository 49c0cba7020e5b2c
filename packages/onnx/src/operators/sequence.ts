// Lists of tensors. What is in them is known by type alone; graph/inlineSequences.ts follows them tensor by tensor.
import { dtypeOf } from "../model/elementType";
import { defineOperator, type InferenceContext, type Inferred, type Operator } from "./operator";

const listOf = ({ dtype }: Inferred): Inferred => ({
  dtype,
  shape: undefined,
  containers: ["sequence"],
});

const sequence = (
  op: string,
  inputs: Operator["inputs"],
  infer: (node: InferenceContext<1>) => Inferred,
  attributes: Operator["attributes"] = {},
): Operator<Record<never, never>> =>
  defineOperator({
    op,
    since: 11,
    inputs,
    outputs: [1, 1],
    types: [],
    attributes,
    infer: (node) => [infer(node)],
    samples: [], // need lists: fixtures/node
  });

export const sequences = [
  sequence(
    "SequenceEmpty",
    [0, 0],
    (node) => listOf({ dtype: dtypeOf(node.int("dtype", 1)), shape: undefined }),
    {
      dtype: "int",
    },
  ),
  sequence("SequenceConstruct", [1, Infinity], ({ inputs: [x] }) => listOf(x)),
  sequence("SequenceInsert", [2, 3], ({ inputs: [list] }) => listOf(list)),
  sequence("SequenceErase", [1, 2], ({ inputs: [list] }) => listOf(list)),
  sequence("SequenceAt", [2, 2], ({ inputs: [list] }) => ({
    dtype: list.dtype,
    shape: undefined,
  })),
  sequence("SequenceLength", [1, 1], () => ({ dtype: "int64", shape: [] })),
  sequence("SplitToSequence", [1, 2], ({ inputs: [x] }) => listOf(x), {
    axis: "int",
    keepdims: "int",
  }),
  {
    ...sequence(
      "ConcatFromSequence",
      [1, 1],
      ({ inputs: [list] }) => ({ dtype: list.dtype, shape: undefined }),
      { axis: "int", new_axis: "int" },
    ),
    required: ["axis"],
  },
] as const;
