import { random } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { blocked } from "./blocked";
import { GraphBuilder, type Value } from "../graph/builder";
import { gradients } from "../differentiate";
import { encodeModel } from "../file/encode";
import type { OnnxModel } from "../model/model";

async function run(model: OnnxModel): Promise<Record<string, Float32Array>> {
  const session = await ort.InferenceSession.create(encodeModel(model), {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  const numbers = random(7, "blocked");
  const feeds = Object.fromEntries(
    model.graph.inputs.map(({ name, shape }) => {
      const size = (shape as number[]).reduce((a, b) => a * b, 1);
      const values = Float32Array.from({ length: size }, () => numbers.float() - 0.5);
      return [name, new ort.Tensor("float32", values, shape as number[])];
    }),
  );
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]),
  );
}

const opsOf = ({ graph }: OnnxModel) =>
  graph.nodes.filter(({ domain }) => domain !== "").map(({ op }) => op);

/** Channels in a block on this processor, if it has such kernels: of what size they give right results. */
async function blockHere(): Promise<number | undefined> {
  const model = convolution({ x: [1, 32, 4, 4], w: [32, 32, 3, 3] });
  const expected = (await run(model)).y!;
  for (const block of [16, 8])
    try {
      if (maxDifference((await run(blocked(model, block))).y!, expected) < 1e-5) return block;
    } catch {
      // There are none, or of another size.
    }
  return undefined;
}

/** y = conv(x, w), and the gradients of both for kernels of that block. */
function convolution(
  {
    x,
    w,
    b = false,
    ...attributes
  }: {
    x: readonly number[];
    w: readonly number[];
    b?: boolean;
    pads?: number[];
    strides?: number[];
    dilations?: number[];
    group?: number;
    auto_pad?: "SAME_UPPER";
  },
  block?: number,
): OnnxModel {
  const g = new GraphBuilder();
  const image = g.input("x", "float32", x);
  const kernel = g.input("w", "float32", w);
  const bias = b ? g.input("b", "float32", [w[0]!]) : undefined;
  const y = g.conv(image, kernel, bias, attributes);
  g.output(y, "y");
  if (block !== undefined)
    for (const gradient of gradients(g, g.mul(y, y), [image, kernel], { block }))
      g.output(gradient);
  return g.build();
}

const cases: Record<string, Parameters<typeof convolution>[0]> = {
  "3 × 3": { x: [2, 32, 6, 5], w: [16, 32, 3, 3], pads: [1, 1, 1, 1] },
  "a bias, uneven padding": { x: [2, 16, 6, 5], w: [32, 16, 3, 2], b: true, pads: [1, 0, 0, 1] },
  dilated: { x: [1, 16, 9, 9], w: [32, 16, 3, 3], dilations: [2, 1], pads: [1, 2, 0, 1] },
  "few channels": { x: [2, 3, 8, 8], w: [16, 3, 3, 3], strides: [2, 2], auto_pad: "SAME_UPPER" },
  "few maps": { x: [2, 16, 6, 6], w: [3, 16, 3, 3] },
  "stride 2": { x: [2, 16, 9, 8], w: [16, 16, 3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  "stride 2, kernel 4": {
    x: [2, 32, 8, 6],
    w: [16, 32, 4, 4],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  },
  "stride 2, kernel 4, some left over": { x: [2, 16, 9, 8], w: [32, 16, 4, 4], strides: [2, 2], pads: [1, 0, 1, 2] }, // prettier-ignore
  depthwise: { x: [2, 32, 6, 5], w: [32, 1, 3, 3], group: 32, pads: [1, 1, 1, 1] },
  "depthwise, stride 2": {
    x: [2, 32, 8, 9],
    w: [32, 1, 3, 3],
    group: 32,
    strides: [2, 2],
    pads: [0, 0, 1, 1],
  },
  "depthwise, stride 2 × 3": {
    x: [2, 16, 8, 9],
    w: [16, 1, 3, 5],
    group: 16,
    strides: [2, 3],
    pads: [0, 2, 1, 2],
  },
};

const block = await blockHere();

describe.skipIf(block === undefined)("blocked convolutions", () => {
  it.each(Object.entries(cases))("%s, and its gradients, are what they were", async (_, conv) => {
    const model = convolution(conv, block);
    const blockedModel = blocked(model, block!);
    expect(opsOf(blockedModel)).toContain("Conv");
    const [expected, got] = [await run(model), await run(blockedModel)];
    for (const [name, values] of Object.entries(expected))
      expect(maxDifference(got[name]!, values), name).toBeLessThan(1e-5);
  });

  it("folds the stride of a transposed convolution with a bias", async () => {
    const g = new GraphBuilder();
    const [x, w, b] = [[2, 32, 4, 3], [32, 16, 4, 4], [16]].map((shape, i) => g.input(`${i}`, "float32", shape)); // prettier-ignore
    g.output(g.convTranspose(x!, w!, b, { strides: [2, 2], pads: [1, 1, 1, 1] }), "y");
    const blockedModel = blocked(g.build(), block!);
    expect(blockedModel.graph.nodes.map(({ op }) => op)).not.toContain("ConvTranspose");
    expect(maxDifference((await run(blockedModel)).y!, (await run(g.build())).y!)).toBeLessThan(
      1e-5,
    );
  });

  it("keeps an image in blocks from one convolution to the next", async () => {
    const g = new GraphBuilder();
    const w = g.input("w", "float32", [32, 32, 3, 3]);
    const conv = (x: Value) => g.conv(x, w, undefined, { pads: [1, 1, 1, 1] });
    g.output(conv(conv(g.input("x", "float32", [1, 32, 5, 5]))), "y");
    const blockedModel = blocked(g.build(), block!);
    // x, and the kernel twice.
    expect(opsOf(blockedModel).filter((op) => op === "ReorderInput")).toHaveLength(3);
    expect(opsOf(blockedModel).filter((op) => op === "ReorderOutput")).toHaveLength(1);
    expect(maxDifference((await run(blockedModel)).y!, (await run(g.build())).y!)).toBeLessThan(
      1e-5,
    );
  });

  it.each(Object.entries(cases))("%s leave no node whose results nobody reads", (_, conv) => {
    const { nodes, outputs } = blocked(convolution(conv, block), block!).graph;
    const read = new Set([...outputs, ...nodes.flatMap(({ inputs }) => inputs.map((name) => ({ name })))].map(({ name }) => name)); // prettier-ignore
    expect(nodes.filter((node) => !node.outputs.some((name) => read.has(name)))).toEqual([]);
  });

  it.each(["ReLU6", "ReLU"])(
    "mask gradients in blocks where nothing else reads a %s's image",
    async (name) => {
      const build = (isReadTwice: boolean) => {
        const g = new GraphBuilder();
        const x = g.input("x", "float32", [2, 32, 6, 5]);
        const w = g.input("w", "float32", [32, 1, 3, 3]);
        const product = g.mul(x, 10);
        const image = name === "ReLU" ? g.relu(product) : g.clip(product, { min: 0, max: 6 });
        const y = g.conv(image, w, undefined, { group: 32, pads: [1, 1, 1, 1] });
        const sum = g.reduceSum(g.mul(y, y), { keepdims: false });
        const total = isReadTwice ? g.add(sum, g.reduceSum(g.mul(image, image), { keepdims: false })) : sum; // prettier-ignore
        for (const dy of gradients(g, total, [x, w], { block })) g.output(dy);
        return { model: g.build(), image: image.name };
      };
      for (const isReadTwice of [false, true]) {
        const { model, image } = build(isReadTwice);
        const blockedModel = blocked(model, block!);
        const readers = blockedModel.graph.nodes.filter(({ inputs }) => inputs.includes(image));
        if (isReadTwice) expect(readers.length).toBeGreaterThan(1);
        else expect(readers.map(({ op }) => op)).toEqual(["ReorderInput"]);
        const [expected, got] = [await run(model), await run(blockedModel)];
        for (const [output, values] of Object.entries(expected))
          expect(maxDifference(got[output]!, values), output).toBeLessThan(1e-4);
      }
    },
  );

  it("is there for the graphs inside that read it", async () => {
    const g = new GraphBuilder();
    const w = g.input("w", "float32", [32, 32, 3, 3]);
    const y = g.conv(g.input("x", "float32", [1, 32, 5, 5]), w);
    const positive = g.greater(g.reduceSum(w, { keepdims: false }), 0);
    const branchOutput = g.if(
      positive,
      (inner) => [inner.relu(y)],
      (inner) => [inner.neg(y)],
    );
    g.output(branchOutput[0]!, "y");
    expect(
      maxDifference((await run(blocked(g.build(), block!))).y!, (await run(g.build())).y!),
    ).toBeLessThan(1e-5);
  });
});

describe("convolutions left alone", () => {
  it.each(
    Object.entries({
      "of one pixel": { x: [2, 32, 6, 5], w: [16, 32, 1, 1] },
      "of channels that do not fill blocks": { x: [2, 20, 6, 5], w: [16, 20, 3, 3] },
      "in groups": { x: [2, 32, 6, 5], w: [32, 16, 3, 3], group: 2 },
      "over a line": { x: [2, 32, 6], w: [32, 32, 3] },
    }),
  )("%s", (_, conv) => {
    const model = convolution(conv);
    expect(blocked(model, 16)).toBe(model);
  });

  it("of a constant kernel, which ONNX Runtime turns into blocks itself", () => {
    const { graph, ...model } = convolution({ x: [2, 32, 6, 5], w: [32, 32, 3, 3] });
    const w = { dtype: "float32" as const, shape: [32, 32, 3, 3], data: new Float32Array(9216) };
    const constant = { ...model, graph: { ...graph, initializers: new Map([["w", w]]) } };
    expect(blocked(constant, 16)).toBe(constant);
  });
});

/** The greatest difference, relative to the greatest value. */
function maxDifference(got: Float32Array, expected: Float32Array): number {
  const scale = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return expected.reduce((max, value, i) => Math.max(max, Math.abs(value - got[i]!)), 0) / scale;
}
