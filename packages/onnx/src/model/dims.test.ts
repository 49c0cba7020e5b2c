import { expect, it } from "vitest";
import { GraphBuilder } from "../graph/builder";
import { multiply } from "./dims";

it("multiplies extents and names", () => {
  expect(multiply([2, "batch", 3])).toBe("6*batch");
  expect(multiply([2, undefined])).toBe(undefined);
});

it("stays small where a free axis is squared again and again", () => {
  const g = new GraphBuilder();
  let x = g.input("x", "float32", ["n"]);
  for (let i = 0; i < 24; i++) {
    const square = g.add(g.unsqueeze(x, [0]), g.unsqueeze(x, [1]));
    x = g.reshape(g.flatten(square, { axis: 0 }), [-1]);
  }
  expect(x.shape).toEqual([undefined]);
});
