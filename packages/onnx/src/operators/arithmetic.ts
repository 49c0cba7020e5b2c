// Arithmetic with two operands, or with many.
import { divide, multiply } from "../model/dims";
import { badShape, flag, type Inferred } from "./operator";
import { binary, binarySamples, integerPair, isInteger, nary } from "./shared/elementwise";

/** A constant of it ends the process; one that is fed is an error of the run. */
function checkDivisor(a: Inferred, b: Inferred): void {
  if (isInteger(a.dtype) && b.elements?.includes(0)) throw badShape("a whole number divided by 0.");
}

export const arithmetic = [
  {
    ...binary("Add", "number", {
      consumed: true,
      fold: (x, y) => x + y,
      identityElement: { right: 0, left: 0 },
    }),
    ending: "adds",
  },
  binary("Sub", "number", { consumed: true, fold: (x, y) => x - y, identityElement: { right: 0 } }),
  binary("Mul", "number", {
    consumed: true,
    fold: (x, y) => x * y,
    identityElement: { right: 1, left: 1 },
    symbolic: (x, y) => multiply([x, y]),
  }),
  binary("Div", "number", {
    consumed: true,
    fold: (x, y, dtype) => (isInteger(dtype) ? Math.trunc(x / y) : x / y),
    identityElement: { right: 1 },
    symbolic: (x, y) => divide([x], [y]),
    check: checkDivisor,
  }),
  binary("Pow", "number", {
    types: ["number", "number:exponent"],
    fold: (x, y) => x ** y,
    identityElement: { right: 1 },
  }),
  binary("Mod", "number", {
    since: 10,
    attributes: { fmod: "int" },
    bounds: { fmod: flag },
    check: (a, b, node) => {
      checkDivisor(a, b);
      // Operator set 28 has the remainder with the divisor's sign for them too.
      if (node.opset < 28 && !isInteger(a.dtype) && node.int("fmod", 0) === 0)
        throw badShape(`fmod is 0, expected 1 for ${a.dtype}.`);
    },
    // With the sign of the divisor, as shapes are padded to whole windows; fmod: of the dividend.
    fold: (x, y, _, node) => (node?.int("fmod", 0) ? x % y : x - y * Math.floor(x / y)),
    samples: [
      ...binarySamples.integer,
      integerPair([3], []),
      { inputs: [[2, 3], [3]], attributes: { fmod: 1 } },
    ],
  }),
  nary("Max", "number", (x, y) => Math.max(x, y)),
  nary("Min", "number", (x, y) => Math.min(x, y)),
  nary("Sum", "float", (x, y) => x + y),
  nary("Mean", "float"),
] as const;
