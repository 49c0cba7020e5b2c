import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { GraphBuilder } from "../graph/builder";

// ONNX's node test dft_irfft; ONNX Runtime 1.30 has no kernel for it.
it("takes half a spectrum back to a signal of even length", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [1, 6, 10, 2]);
  const options = { axis: 1, inverse: true, onesided: true };
  expect(g.dft(x, options).shape).toEqual([1, 10, 10, 1]);
  expect(g.dft(x, { ...options, length: 11 }).shape).toEqual([1, 11, 10, 1]);
});

// By hand: 1, 2, 3, 4 has the spectrum 10, −2 + 2i, −2, −2 − 2i.
it.each([18, 20])("takes the axis as operator set %i has it", async (opset) => {
  const g = new GraphBuilder({ opset });
  const x = g.constant(tensor("float32", [1, 4, 1], [1, 2, 3, 4]));
  g.output(g.dft(x, { onesided: true }), "y");
  const { y } = await run(g, new Map());
  expect(y!.dims).toEqual([1, 3, 2]);
  const expected = [10, 0, -2, 2, -2, 0];
  [...(y!.data as Float32Array)].forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
});
