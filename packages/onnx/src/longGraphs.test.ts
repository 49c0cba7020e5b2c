// Long graphs: no step of the work goes deeper with each node, and none makes more of it than so much a node.
// scripts/largeGraphs.ts tells time and memory for a million.
import { expect, it } from "vitest";
import { chain } from "../testing/chain";
import { differentiate } from "./differentiate";
import { decodeModel } from "./file/decode";
import { encodeModel } from "./file/encode";
import { problemsOf } from "./graph/check";
import { inferShapes } from "./graph/inferShapes";

it.each([30, 6_000])("%i nodes one behind the other", (count) => {
  const model = decodeModel(encodeModel(chain(count)));
  expect(problemsOf(model)).toEqual([]);
  // Each node's output, x and w.
  expect(inferShapes(model).size).toBe(count + 2);
  const output = model.graph.outputs[0]!.name;
  const { nodes, values } = differentiate(model, { of: output, withRespectTo: ["x", "w"] }).graph;
  // Of a link of three, all of batch × 4: 1 − tanh², times what arrives, a sum of two ways and one over the batch.
  expect(nodes.length).toBeLessThanOrEqual(3 * count + 10);
  expect(nodes.length).toBeGreaterThan(2 * count);
  // Values that are alike have one shape.
  expect(new Set([...values.values()].map(({ shape }) => shape)).size).toBeLessThan(count);
});
