// Comparisons, logic and bits.
import { tensor } from "@cajal/core";
import type { NodeWriter } from "./method";
import { operands, type Operand } from "./shared/arguments";
import { binary, unary } from "./shared/elementwise";

const toBit = (condition: boolean) => (condition ? 1 : 0);

const bitShift = {
  ...binary("BitShift", "unsigned", {
    since: 11,
    attributes: { direction: "string" },
    choices: { direction: ["LEFT", "RIGHT"] },
    required: ["direction"],
    samples: [
      {
        inputs: [tensor("uint32", [2], [4, 8]), tensor("uint32", [1], [1])],
        attributes: { direction: "LEFT" },
      },
    ],
  }),
  methods: {
    bitShift: (
      g: NodeWriter,
      a: Operand,
      b: Operand,
      attributes: { direction: "LEFT" | "RIGHT" },
    ) => g.op("BitShift", operands(g, [a, b]), attributes),
  },
};

export const logic = [
  binary("Equal", "any", { result: "bool", fold: (x, y) => toBit(x === y) }),
  binary("Greater", "number", { result: "bool", fold: (x, y) => toBit(x > y) }),
  binary("GreaterOrEqual", "number", { since: 12, result: "bool", fold: (x, y) => toBit(x >= y) }),
  binary("Less", "number", { result: "bool", fold: (x, y) => toBit(x < y) }),
  binary("LessOrEqual", "number", { since: 12, result: "bool", fold: (x, y) => toBit(x <= y) }),
  binary("And", "bool", { result: "bool", fold: (x, y) => toBit(x !== 0 && y !== 0) }),
  binary("Or", "bool", { result: "bool", fold: (x, y) => toBit(x !== 0 || y !== 0) }),
  binary("Xor", "bool", { result: "bool", fold: (x, y) => toBit(x !== y) }),
  binary("BitwiseAnd", "integer", { since: 18 }),
  binary("BitwiseOr", "integer", { since: 18 }),
  binary("BitwiseXor", "integer", { since: 18 }),
  unary("IsNaN", "float", { since: 9, result: "bool", fold: (x) => toBit(Number.isNaN(x)) }),
  unary("IsInf", "float", {
    since: 10,
    attributes: { detect_positive: "int", detect_negative: "int" },
    result: "bool",
  }),
  unary("Not", "bool", { since: 1, fold: (x) => toBit(!x) }),
  unary("BitwiseNot", "integer", {
    since: 18,
    samples: [{ inputs: [tensor("int32", [3], [0, 1, -5])] }],
  }),
  bitShift,
] as const;
