import { tensor } from "@cajal/core";
import { broadcast } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { defineOperator, type Inferred } from "./operator";
import { operands, type Operand } from "./shared/arguments";
import { elementByElement } from "./shared/examples";
import { elementwise } from "./shared/elementwise";

export const where = defineOperator({
  op: "Where",
  methods: {
    where: (g: NodeWriter, condition: Value, a: Operand, b: Operand) =>
      g.op("Where", [condition, ...operands(g, [a, b])]),
  },
  since: 9,
  examples: elementByElement,
  inputs: [3, 3],
  outputs: [1, 1],
  types: ["bool", "any", "any"],
  attributes: {},
  infer: ({ inputs }) => {
    const [condition, x, y] = inputs as readonly [Inferred, Inferred, Inferred];
    const shape = broadcast(broadcast(condition.shape, x.shape), y.shape);
    const chosenElements = elementwise(x, y, (a, b) => (a === b ? a : undefined));
    const length = Math.max(
      condition.elements?.length ?? 0,
      x.elements?.length ?? 0,
      y.elements?.length ?? 0,
    );
    const isStaticallyEqual = [condition, x, y].every(
      ({ elements, shape }) =>
        elements &&
        shape &&
        shape.length <= 1 &&
        (elements.length === length || elements.length === 1),
    );
    const elements = isStaticallyEqual
      ? Array.from({ length }, (_, i) => {
          const test = at(condition, i);
          return test === 1 ? at(x, i) : test === 0 ? at(y, i) : chosenElements?.[i];
        })
      : undefined;
    return [{ dtype: x.dtype, shape, elements }];
  },
  samples: [
    { inputs: [tensor("bool", [2, 1], [1, 0]), [2, 3], []] },
    { inputs: [tensor("bool", [], [1]), [3], [2, 1]] },
  ],
});

/** Element `i`, or the only one. */
const at = ({ elements }: Inferred, i: number) => elements?.[elements.length === 1 ? 0 : i];
