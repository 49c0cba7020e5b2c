// Operators that work element by element, with the broadcasting of NumPy where they take several.
import { CajalError, showShape } from "@cajal/core";
import type { Dim } from "../model";
import { defineOperator, type Inferred, type Operator } from "../operator";

const unary = (op: string, attributes: Operator["attributes"] = {}): Operator =>
  defineOperator({
    op,
    inputs: [1, 1],
    outputs: [1, 1],
    attributes,
    infer: ({ inputs: [x] }) => [x!],
  });

const nary = (op: string, inputs: Operator["inputs"] = [2, 2], result?: "bool"): Operator =>
  defineOperator({
    op,
    inputs,
    outputs: [1, 1],
    attributes: {},
    infer: ({ inputs }) => {
      const given = inputs as readonly Inferred[];
      return [
        { dtype: result ?? given[0]!.dtype, shape: given.map((x) => x.shape).reduce(broadcast) },
      ];
    },
  });

export const elementwise: readonly Operator[] = [
  unary("Identity"),
  unary("Relu"),
  unary("Not"),
  nary("Add"),
  nary("Sub"),
  nary("Mul"),
  nary("Div"),
  nary("Pow"),
  nary("Max", [1, Infinity]),
  nary("Min", [1, Infinity]),
  nary("Greater", [2, 2], "bool"),
  nary("GreaterOrEqual", [2, 2], "bool"),
  nary("Less", [2, 2], "bool"),
  nary("LessOrEqual", [2, 2], "bool"),
  nary("Equal", [2, 2], "bool"),
  nary("And", [2, 2], "bool"),
  nary("Or", [2, 2], "bool"),
  defineOperator({
    op: "Where",
    inputs: [3, 3],
    outputs: [1, 1],
    attributes: {},
    infer: ({ inputs }) => {
      const [condition, x, y] = inputs as readonly Inferred[];
      return [
        { dtype: x!.dtype, shape: broadcast(broadcast(condition!.shape, x!.shape), y!.shape) },
      ];
    },
  }),
];

/**
 * Shape of what two shapes broadcast to (NumPy's rule). A free axis against a known extent above 1
 * takes the extent; two free axes of different names give an unknown one.
 *
 * @throws CajalError `bad-shape` when they do not fit
 */
export function broadcast(
  a: readonly Dim[] | undefined,
  b: readonly Dim[] | undefined,
): readonly Dim[] | undefined {
  if (!a || !b) return undefined;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const ai = i - (rank - a.length);
    const bi = i - (rank - b.length);
    const x = ai < 0 ? 1 : a[ai];
    const y = bi < 0 ? 1 : b[bi];
    if (x === y) return x;
    if (x === 1) return y;
    if (y === 1) return x;
    if (typeof x === "number" && typeof y === "number")
      throw new CajalError(
        "bad-shape",
        `shapes ${showShape(a)} and ${showShape(b)} do not broadcast.`,
        { a, b },
      );
    return typeof x === "number" ? x : typeof y === "number" ? y : undefined;
  });
}
