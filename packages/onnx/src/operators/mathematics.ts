// Functions of one number.
import { tensor } from "@cajal/core";
import type { NodeWriter, Value } from "./method";
import { defineOperator } from "./operator";
import { elementByElement } from "./shared/examples";
import { shiftSamples, unary } from "./shared/elementwise";

export const mathematics = [
  defineOperator({
    op: "Identity",
    methods: { identity: (g: NodeWriter, x: Value) => g.op("Identity", [x]) },
    ending: "same",
    examples: elementByElement,
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["any"],
    attributes: {},
    infer: ({ inputs: [x] }) => [x],
    samples: [{ inputs: [[2, 3]] }, { inputs: [tensor("bool", [2], [0, 1])] }],
  }),
  unary("Abs", "number", { fold: Math.abs, samples: shiftSamples }),
  unary("Neg", "signed", { fold: (x) => -x, samples: shiftSamples }),
  unary("Sign", "number", { steps: true, since: 9, fold: Math.sign, samples: shiftSamples }),
  unary("Floor", "float", { steps: true, fold: Math.floor, samples: shiftSamples }),
  unary("Ceil", "float", { steps: true, fold: Math.ceil, samples: shiftSamples }),
  unary("Round", "float", { steps: true, since: 11, fold: roundHalfEven, samples: shiftSamples }),
  unary("Exp", "float", { fold: Math.exp }),
  unary("Log", "float", { fold: Math.log }),
  unary("Sqrt", "float", { fold: Math.sqrt }),
  unary("Reciprocal", "float", { fold: (x) => 1 / x }),
  unary("Erf", "number", { since: 9 }),
  unary("Sin", "float", { since: 7 }),
  unary("Cos", "float", { since: 7 }),
  unary("Tan", "float", { since: 7 }),
  unary("Asin", "float", { since: 7 }),
  unary("Acos", "float", { since: 7 }),
  unary("Atan", "float", { since: 7 }),
  unary("Sinh", "float", { since: 9 }),
  unary("Cosh", "float", { since: 9 }),
  unary("Asinh", "float", { since: 9 }),
  unary("Acosh", "float", {
    since: 9,
    samples: [{ inputs: [tensor("float32", [2, 2], [1, 1.5, 2, 4])] }],
  }),
  unary("Atanh", "float", { since: 9 }),
] as const;

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const fraction = x - floor;
  if (fraction !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
