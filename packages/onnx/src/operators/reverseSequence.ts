import { show, unify } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator, flag } from "./operator";
import { numbers, type Numbers } from "./shared/arguments";
import { int64s } from "./shared/lists";

export const reverseSequence = defineOperator({
  op: "ReverseSequence",
  methods: {
    reverseSequence: (
      g: NodeWriter,
      x: Value,
      sequence_lens: Numbers,
      attributes: { batch_axis?: number; time_axis?: number } = {},
    ) => g.op("ReverseSequence", [x, numbers(g, sequence_lens)], attributes),
  },
  since: 10,
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: { batch_axis: "int", time_axis: "int" },
  bounds: { batch_axis: flag, time_axis: flag },
  infer: (node) => {
    const [x, lengths] = node.inputs;
    const [batch, time] = [node.int("batch_axis", 1), node.int("time_axis", 0)];
    if (batch === time) throw badShape(`batch_axis and time_axis are both ${batch}.`);
    unify(lengths.shape?.[0], x.shape?.[batch], () => `sequence_lens ${show(lengths.shape)} and axis ${batch} of ${show(x.shape)}`); // prettier-ignore
    const steps = x.shape?.[time];
    for (const length of lengths.elements ?? [])
      if (
        typeof length === "number" &&
        (length < 0 || (typeof steps === "number" && length > steps))
      )
        throw badShape(`a sequence of ${length} in ${show(x.shape)}.`);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  samples: [{ inputs: [[3, 2, 4], int64s(2, 3)] }],
});
