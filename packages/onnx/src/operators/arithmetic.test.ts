import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { GraphBuilder } from "../graph/builder";

const int64 = (...values: number[]) => tensor("int64", [values.length], values);

// By hand; ONNX Runtime computes the same.
it.each([
  { fmod: 0, expected: [3, 0, 1, -1, -2] },
  { fmod: 1, expected: [3, 0, -3, 2, -2] },
])("follows the remainder of shapes, fmod $fmod", async ({ fmod, expected }) => {
  const g = new GraphBuilder();
  // The sign of the divisor, or that of the dividend.
  const y = g.mod(g.constant(int64(7, 8, -3, 5, -5)), g.constant(int64(4, 4, 4, -3, -3)), { fmod });
  expect(g.elementsOf(y)).toEqual(expected);
  g.output(y, "y");
  const actual = (await run(g, new Map()))["y"]!.data as BigInt64Array;
  expect(Array.from(actual, Number)).toEqual(expected);
});

it("refuses whole numbers divided by a constant 0, which end the process in ONNX Runtime", () => {
  const g = new GraphBuilder();
  const [x, zero] = [g.constant(int64(7, 8)), g.constant(int64(0, 4))];
  for (const divide of [g.mod, g.div])
    expect(() => divide(x, zero)).toThrow(expect.objectContaining({ code: "bad-shape" }));
});
