import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { gradients } from "../differentiate";
import { GraphBuilder } from "../graph/builder";

// As PyTorch exports a constant beside x: y = x · castLike(3, x), dx = 3.
it("needs no gradient by what says the type alone", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2]);
  const rounded = g.castLike(g.constant(tensor("int64", [], [3])), x);
  const [dx] = gradients(g, g.reduceSum(g.mul(x, rounded)), [x]);
  g.output(dx!, "dx");
  const got = await run(g, new Map([["x", tensor("float32", [2], [5, 7])]]));
  expect([...(got["dx"]!.data as Float32Array)]).toEqual([3, 3]);
});
