import { rearrangeElements, show } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";

export const transpose = defineOperator({
  op: "Transpose",
  methods: {
    /** Without `perm` the axes are reversed. */
    transpose: (g: NodeWriter, x: Value, perm?: readonly number[]) =>
      g.op("Transpose", [x], { perm }),
  },
  ending: "moves",
  examples: ({ inputs: [x], axes: [axis], ints }) =>
    ints("perm")?.indexOf(axis!) ?? x.shape!.length - 1 - axis!,
  inputs: [1, 1],
  outputs: [1, 1],
  types: ["any"],
  attributes: { perm: "ints" },
  infer: (node) => {
    const { dtype, shape, elements } = node.inputs[0];
    const statedPerm = node.ints("perm");
    if (!shape) return [{ dtype, shape: statedPerm?.map(() => undefined) }];
    const perm = statedPerm ?? shape.map((_, i) => shape.length - 1 - i);
    const sorted = [...perm].sort((a, b) => a - b);
    if (perm.length !== shape.length || sorted.some((axis, i) => axis !== i))
      throw badShape(`perm [${perm.join()}] does not order the axes of ${show(shape)}.`, {
        perm,
        shape,
      });
    return [
      {
        dtype,
        shape: perm.map((axis) => shape[axis]),
        elements: rearrangeElements(
          elements,
          shape,
          perm.map((axis) => shape[axis]),
          (index) => shape.map((_, axis) => index[perm.indexOf(axis)]!),
        ),
      },
    ];
  },
  samples: [{ inputs: [[2, 3, 4]] }, { inputs: [[2, 3, 4]], attributes: { perm: [0, 2, 1] } }],
});
