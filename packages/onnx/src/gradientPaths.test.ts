import { expect, it } from "vitest";
import { GraphBuilder } from "./graph/builder";
import { readsOf } from "./gradientPaths";

it("lists what a node reads: inputs at their places, and what its graphs read besides", () => {
  const g = new GraphBuilder();
  const [x, y] = [g.input("x", "float32", []), g.input("y", "float32", [])];
  // Two states that begin alike, and no condition: names of inputs come twice.
  g.loop(2, undefined, [x, x], (body, _, __, [a, b]) => ({ states: [body.mul(a!, y), body.mul(b!, x)] })); // prettier-ignore
  const loop = g.nodes.at(-1)!;
  expect(readsOf(loop)).toEqual([...loop.inputs, "y"]);
  expect(loop.inputs.slice(1)).toEqual(["", "x", "x"]);
});
