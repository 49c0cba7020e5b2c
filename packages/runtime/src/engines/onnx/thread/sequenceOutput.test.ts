import { tensor } from "@cajal/core";
import { encodeModel, GraphBuilder } from "@cajal/onnx";
import * as ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { graphHost } from "./graphHost.js";
import { stopsAtSequences, withSequenceOutput } from "./sequenceOutput";

/** w' = w + x, and Σ w'. */
async function opened(without: boolean) {
  const g = new GraphBuilder();
  const w = g.add(g.input("w", "float32", [3]), g.input("x", "float32", [3]));
  g.output(w, "new/w");
  g.output(g.reduceSum(w, { keepdims: false }), "sum");
  const model = encodeModel(g.build());
  const session = await ort.InferenceSession.create(without ? withSequenceOutput(model) : model);
  const host = graphHost();
  host.put({ w: Float32Array.of(1, 2, 3) });
  const graph = {
    ort,
    session,
    shapes: { w: [3] },
    writesInPlace: true,
    ...(without && { outputShapes: { "new/w": [3], sum: [] } }),
  };
  return (x: readonly number[]) =>
    host
      .run(graph, {
        feeds: { x: tensor("float32", [x.length], x) },
        reads: { w: ["w", 0] },
        writes: { "new/w": ["w", 1] },
      })
      .then((results) => ({ results, w: [...host.take([["w", 1]])[0]!] }));
}

it.each([false, true])("a run gives the same, without results: %s", async (without) => {
  const run = await opened(without);
  const { results, w } = await run([10, 20, 30]);
  expect(w).toEqual([11, 22, 33]);
  expect(Object.keys(results)).toEqual(["sum"]);
  expect([...results.sum!.data]).toEqual([66]);
});

it("what really fails is an error", async () => {
  const run = await opened(true);
  await expect(run([10, 20])).rejects.toThrow(/x/);
});

it("is used on cpu only, where it works", async () => {
  expect(await stopsAtSequences("webgpu")).toBe(false);
  const native = await stopsAtSequences("cpu");
  // Of the ONNX Runtime that is installed here.
  expect(native).toBe(true);
});
