import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { gradients } from "../differentiate";
import { GraphBuilder } from "../graph/builder";

// By hand: of Σ exp(y), y the distinct values, the gradient is exp(x) where a value was first, else 0.
it.each([
  { axis: undefined, shape: [2, 2], x: [3, 1, 1, 2], first: [1, 1, 0, 1] },
  { axis: -2, shape: [3, 2], x: [1, 2, 3, 4, 1, 2], first: [1, 1, 1, 1, 0, 0] }, // rows
  { axis: 1, shape: [1, 3, 2], x: [5, 6, 5, 6, 1, 2], first: [1, 1, 0, 0, 1, 1] },
])("sends the gradient to where each value was first: $axis", async ({ axis, shape, x, first }) => {
  const g = new GraphBuilder();
  const input = g.input("x", "float32", shape);
  const target = g.reduceSum(g.exp(g.unique(input, axis === undefined ? {} : { axis })));
  g.output(gradients(g, target, [input])[0]!, "dx");
  const { dx } = await run(g, new Map([["x", tensor("float32", shape, x)]]));
  expect(dx!.dims).toEqual(shape);
  const expected = x.map((value, i) => first[i]! * Math.exp(value));
  [...(dx!.data as Float32Array)].forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 3));
});
