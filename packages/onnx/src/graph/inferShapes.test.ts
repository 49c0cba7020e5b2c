import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { GraphBuilder } from "./builder";
import { inferShapes } from "./inferShapes";

it("knows the shape of every value, the free axis kept free", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["batch", 1, 28, 28]);
  const kernel = g.constant(tensor("float32", [6, 1, 5, 5]));
  const y = g.conv(x, kernel, undefined, { strides: [2, 2] });
  g.output(g.flatten(y), "y");
  const shapes = inferShapes(g.build());
  expect(shapes.get("x")!.shape).toEqual(["batch", 1, 28, 28]);
  // (28 − 5) / 2 + 1, rounded down: 12; 6·12·12 values.
  expect(shapes.get(y.name)).toEqual({
    name: y.name,
    dtype: "float32",
    shape: ["batch", 6, 12, 12],
  });
  expect(shapes.get("y")!.shape).toEqual(["batch", 864]);
});

it("takes an extent that may be 1 for Gemm's third input", () => {
  const g = new GraphBuilder();
  const [a, b] = [g.input("a", "float32", ["batch", 3]), g.input("b", "float32", [3, 1])];
  const gemm = (shape: readonly (string | number)[], name: string) =>
    g.op("Gemm", [a, b, g.input(name, "float32", shape)]);
  expect(gemm(["any"], "c").shape).toEqual(["batch", 1]);
  expect(() => gemm([4], "d")).toThrow(/C \[4\] does not broadcast to \["?batch"?,1\]/);
});
