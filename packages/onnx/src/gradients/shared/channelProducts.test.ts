import { random } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../graph/builder";
import { encodeModel } from "../../file/encode";
import { blocked } from "../../passes/blocked";
import { channelProducts } from "./channelProducts";

describe.each([
  ["large images", [3, 8, 16, 17], "Conv"],
  ["one large image", [1, 16, 20, 20], "Conv"],
  ["small images", [3, 8, 5, 6], "Mul"],
  ["lines", [2, 8, 300], "Mul"],
  ["rows", [300, 4], "Mul"],
] as const)("%s", (_, shape, op) => {
  it("gives the sums over all but the channels", async () => {
    const g = new GraphBuilder();
    const [a, b] = [g.input("a", "float32", shape), g.input("b", "float32", shape)];
    const sums = channelProducts(g, a, b, { block: 8 });
    expect(sums.shape).toEqual([shape[1]]);
    g.output(sums, "sums");
    const model = g.build();
    expect(model.graph.nodes.map((node) => node.op)).toContain(op);
    // It needs no blocks, which would be copies of both.
    expect(blocked(model, 8)).toBe(model);

    const numbers = random(2, "channelProducts");
    const size = shape.reduce((p: number, q: number) => p * q, 1);
    const values = () => Float32Array.from({ length: size }, () => numbers.normal());
    const [x, y] = [values(), values()];
    const expected = new Float64Array(shape[1]);
    const area = size / shape[0] / shape[1];
    x.forEach((value, i) => (expected[Math.floor(i / area) % shape[1]]! += value * y[i]!));
    const session = await ort.InferenceSession.create(encodeModel(model), { intraOpNumThreads: 1 });
    const result = await session.run({
      a: new ort.Tensor("float32", x, shape),
      b: new ort.Tensor("float32", y, shape),
    });
    await session.release();
    (result.sums!.data as Float32Array).forEach((sum, i) =>
      expect(Math.abs(sum - expected[i]!)).toBeLessThan(1e-4),
    );
  });
});

it("multiplies and sums where nothing is known of the processor", () => {
  const g = new GraphBuilder();
  const [a, b] = [g.input("a", "float32", [2, 8, 32, 32]), g.input("b", "float32", [2, 8, 32, 32])];
  channelProducts(g, a, b, {});
  expect(g.nodes.map(({ op }) => op)).not.toContain("Conv");
});
