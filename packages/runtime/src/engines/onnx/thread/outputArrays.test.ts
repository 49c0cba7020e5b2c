import { tensor } from "@cajal/core";
import { encodeModel, GraphBuilder } from "@cajal/onnx";
import { expect, it } from "vitest";
import { graphHost } from "./graphHost.js";
import { onnxRuntime } from "../onnxRuntime";
import { fillsOutputs } from "./outputArrays";

it.each([
  ["cpu", true],
  ["wasm", false],
] as const)("on %s a run keeps what it gives, its arrays filled or not", async (device, fills) => {
  // Of the releases that are installed here; a change is no fault, only news.
  expect(await fillsOutputs(device)).toBe(fills);
  const g = new GraphBuilder();
  g.output(g.add(g.input("w", "float32", [3]), g.input("x", "float32", [3])), "new/w");
  const { ort, session } = await onnxRuntime(encodeModel(g.build()), { device });
  const host = graphHost();
  host.put({ w: Float32Array.of(1, 2, 3) });
  const shapes = { w: [3] };
  const x = tensor("float32", [3], [10, 20, 30]);
  for (const [from, to] of [
    [0, 1],
    [1, 2],
    [2, 1],
  ] as const) {
    const outputs = await host.run(
      { ort, session, shapes, writesInPlace: fills },
      { feeds: { x }, reads: { w: ["w", from] }, writes: { "new/w": ["w", to] } },
    );
    expect(outputs).toEqual({});
  }
  const [first, last] = host.take([
    ["w", 0],
    ["w", 1],
  ]);
  expect([...first!]).toEqual([1, 2, 3]);
  expect([...last!]).toEqual([31, 62, 93]);
  await session.release();
});
