import { axisOf, show, unify, unknowns } from "../model/dims";
import type { Dim } from "../model/model";
import type { NodeWriter, Value } from "./method";
import { attributeAxis } from "./shared/examples";
import { badShape, defineOperator, type Inferred } from "./operator";

export const concat = defineOperator({
  op: "Concat",
  methods: {
    concat: (g: NodeWriter, values: readonly Value[], attributes: { axis: number }) =>
      g.op("Concat", values, attributes),
  },
  inputs: [1, Infinity],
  outputs: [1, 1],
  types: ["any"],
  attributes: { axis: "int" },
  examples: (node) => {
    const [axis] = node.axes;
    const isSame = node.axes.every(
      (each, i) => each === axis || (each === undefined && node.drawn[i]),
    );
    return isSame && axis !== attributeAxis(node, 1) ? axis : undefined;
  },
  infer: (node) => {
    const inputs = node.inputs as readonly Inferred[];
    const { dtype } = inputs[0]!;
    const ranked = inputs.find(({ shape }) => shape)?.shape;
    if (!ranked) return [{ dtype, shape: undefined }];
    // Before opset 4 it was 1 where it was left out.
    const axis = axisOf(node.int("axis", 1), ranked.length, ranked);
    let shape: Dim[] = ranked.map(() => undefined);
    let extent: number | undefined = 0;
    const nonZeroExtents: Dim[] = [];
    for (const input of inputs) {
      if (input.shape && input.shape.length !== ranked.length)
        throw badShape(`shapes ${show(ranked)} and ${show(input.shape)} differ in rank.`);
      shape = shape.map((dim, i) =>
        i === axis
          ? dim
          : unify(
              dim,
              input.shape?.[i],
              () => `axis ${i} of ${show(input.shape)} and those before`,
            ),
      );
      const inputExtent = input.shape?.[axis];
      if (typeof inputExtent !== "number") extent = undefined;
      else if (extent !== undefined) extent += inputExtent;
      if (inputExtent !== 0) nonZeroExtents.push(inputExtent);
    }
    shape[axis] = extent ?? (nonZeroExtents.length === 1 ? nonZeroExtents[0] : undefined);
    const parts = inputs.map((input) => input.elements ?? unknowns(input.shape?.[0]));
    const elements =
      ranked.length === 1 && parts.every((part) => part !== undefined) ? parts.flat() : undefined;
    return [{ dtype, shape, elements }];
  },
  samples: [
    {
      inputs: [
        [2, 3],
        [2, 1],
        [2, 0],
      ],
      attributes: { axis: 1 },
    },
    {
      inputs: [
        [2, 3],
        [4, 3],
      ],
      attributes: { axis: -2 },
    },
    { inputs: [[2]], attributes: { axis: 0 } },
  ],
});
