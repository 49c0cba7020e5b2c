import { tensor, type Tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { encodeModel } from "../file/encode";
import { GraphBuilder } from "../graph/builder";
import type { OnnxModel } from "../model/model";
import { decomposeUnsupported } from "./decomposeUnsupported";

async function run(model: OnnxModel, feeds: Readonly<Record<string, Tensor>>) {
  const session = await ort.InferenceSession.create(encodeModel(model));
  const fed = Object.entries(feeds).map(
    ([name, { dtype, data, shape }]) => [name, new ort.Tensor(dtype, data, shape)] as const,
  );
  const { y } = await session.run(Object.fromEntries(fed));
  await session.release();
  return { shape: y!.dims, data: [...(y!.data as Float32Array)] };
}

async function expectSame(model: OnnxModel, feeds: Readonly<Record<string, Tensor>>) {
  const parts = decomposeUnsupported(model);
  const ops = new Set(parts.graph.nodes.map(({ op }) => op));
  for (const op of ["Sum", "LogSoftmax", "OneHot"]) expect(ops).not.toContain(op);
  const [result, expected] = [await run(parts, feeds), await run(model, feeds)];
  expect(result.shape).toEqual(expected.shape);
  result.data.forEach((value, i) => expect(value).toBeCloseTo(expected.data[i]!, 5));
}

describe("decomposeUnsupported", () => {
  it.each([1, 2, 3, 5, 8])("sums %i operands, of which one is broadcast", async (count) => {
    const g = new GraphBuilder();
    const names = Array.from({ length: count }, (_, i) => `x${i}`);
    const shapeOf = (i: number) => (i === 0 && count > 1 ? [1] : [2, 3]);
    g.output(g.sum(...names.map((name, i) => g.input(name, "float32", shapeOf(i)))), "y");
    const feeds = names.map((name, i) => {
      const x = tensor("float32", shapeOf(i));
      x.data.forEach((_, at) => (x.data[at] = 10 ** i + at));
      return [name, x] as const;
    });
    await expectSame(g.build(), Object.fromEntries(feeds));
  });

  it.each([-1, 1])(
    "takes the logarithm of softmax along axis %i, of large numbers too",
    async (axis) => {
      const x = tensor("float32", [2, 3, 2], [1, 2, 3, 1000, -5, 0, 7, 7, 7, 88, 89, 90]);
      const g = new GraphBuilder();
      g.output(g.logSoftmax(g.input("x", "float32", x.shape), { axis }), "y");
      await expectSame(g.build(), { x });
    },
  );

  it("sets one place, from the end for negative numbers, none for those beyond", async () => {
    const x = tensor("int32", [6], [0, 2, -1, -3, 3, -4]);
    const g = new GraphBuilder();
    const [offOn, labels] = [
      g.constant(tensor("float32", [2], [0, 1])),
      g.input("x", "int32", [6]),
    ];
    g.output(g.oneHot(g.cast(labels, "int64"), 3, offOn, { axis: -1 }), "y");
    const model = g.build();
    await expectSame(model, { x });
    const { data } = await run(decomposeUnsupported(model), { x });
    expect(data).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it.each([
    ["int64", [2n ** 32n + 1n, 1n - 2n ** 32n, 2n ** 31n, -(2n ** 31n), 2n ** 62n, 2n]],
    ["float32", [2 ** 32, -(2 ** 32), 2 ** 31, NaN, -0.9, 2.9]],
    ["float64", [2 ** 32 + 1, 1 - 2 ** 32, 2 ** 31, 2 ** 40, -0.9, 2.9]],
  ] as const)("sets no place for a %s label that int32 has not", async (dtype, labels) => {
    // 2³² + 1 is 1 in its lowest 32 bits, 2³² − 1 is −1.
    const x = tensor(dtype, [6], labels as never);
    const g = new GraphBuilder();
    const offOn = g.constant(tensor("float32", [2], [0, 1]));
    const given = g.input("x", dtype, [6]);
    const indices = dtype === "int64" ? given : g.cast(given, "int64");
    g.output(g.oneHot(indices, 3, offOn, { axis: -1 }), "y");
    const model = g.build();
    await expectSame(model, { x });
    const { data } = await run(decomposeUnsupported(model), { x });
    const zeroth = [1, 0, 0];
    const rows = [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
      dtype === "int64" ? [0, 0, 0] : zeroth,
      [0, 0, 1],
    ];
    expect(data).toEqual(rows.flat());
  });

  it("reads labels as the cast before the one for OneHot left them", async () => {
    const x = tensor("int32", [3], [257, 0, 2]);
    const g = new GraphBuilder();
    const offOn = g.constant(tensor("float32", [2], [0, 1]));
    const bytes = g.cast(g.input("x", "int32", [3]), "uint8"); // 257 is 1
    g.output(g.oneHot(bytes, 3, offOn, { axis: -1 }), "narrowed");
    g.output(g.oneHot(g.cast(bytes, "int64"), 3, offOn, { axis: -1 }), "y");
    const parts = decomposeUnsupported(g.build());
    expect((await run(parts, { x })).data).toEqual([0, 1, 0, 1, 0, 0, 0, 0, 1]);
    const casts = parts.graph.nodes.filter(({ op }) => op === "Cast").length;
    expect(casts).toBe(1 + 1 + 2 * 3); // those given, and to int32 and twice to float32 for each
  });

  it("casts places that ArgMax gives at once", async () => {
    const g = new GraphBuilder();
    const offOn = g.constant(tensor("float32", [2], [0, 1]));
    const scores = g.input("x", "float32", [2, 3]);
    g.output(g.oneHot(g.argMax(scores, { axis: 1, keepdims: false }), 3, offOn, { axis: -1 }), "y");
    const model = g.build();
    await expectSame(model, { x: tensor("float32", [2, 3], [1, 3, 2, 5, 0, 4]) });
    expect(decomposeUnsupported(model).graph.nodes.map(({ op }) => op)).not.toContain("Where");
  });

  it.each(["uint32", "uint64"] as const)("leaves places of %s labels as they are", (dtype) => {
    const g = new GraphBuilder();
    const offOn = g.constant(tensor("float32", [2], [0, 1]));
    g.output(g.oneHot(g.cast(g.input("x", dtype, [6]), "int64"), 3, offOn, { axis: -1 }), "y");
    const model = g.build();
    expect(decomposeUnsupported(model).graph.nodes).toEqual(model.graph.nodes);
  });

  it("leaves places of other values, and other models, as they are", () => {
    const g = new GraphBuilder();
    const offOn = g.constant(tensor("float32", [2], [2, 3]));
    g.output(g.oneHot(g.input("x", "int64", [6]), 3, offOn, { axis: -1 }), "y");
    const model = g.build();
    expect(decomposeUnsupported(model).graph.nodes).toEqual(model.graph.nodes);
    const other = new GraphBuilder();
    other.output(other.relu(other.input("x", "float32", [2])), "y");
    const plain = other.build();
    expect(decomposeUnsupported(plain)).toBe(plain);
  });
});
