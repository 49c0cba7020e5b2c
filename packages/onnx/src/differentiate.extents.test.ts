// Free extents are found when the graph runs; vast ones and long graphs take no time that grows beyond them.
import { isCajalError, random, tensor, type Tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { run } from "../testing/checkOperator";
import { GraphBuilder, type Value } from "./graph/builder";
import { gradients } from "./differentiate";
import type { Dim } from "./model/model";

type Make = (g: GraphBuilder, values: readonly Value[]) => Value;

/** The gradients by all inputs, with their extents known or free. */
async function gradientsOf(
  make: Make,
  shapes: readonly (readonly number[])[],
  hasFreeExtents: boolean,
) {
  const g = new GraphBuilder();
  const numbers = random(1, "extents");
  const feeds = new Map<string, Tensor>();
  const inputs = shapes.map((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, () => numbers.float() + 0.1);
    feeds.set(`x${i}`, tensor("float32", shape, data));
    const dims: Dim[] = hasFreeExtents ? shape.map((_, axis) => `x${i}.${axis}`) : [...shape];
    return g.input(`x${i}`, "float32", dims);
  });
  gradients(g, make(g, inputs), inputs).forEach((dx, i) => g.output(dx, `dx${i}`));
  const results = await run(g, feeds);
  return shapes.map((_, i) => {
    const { dims, data } = results[`dx${i}`]!;
    return { dims, data: [...(data as Float32Array)] };
  });
}

describe("free extents", () => {
  it.each<[string, Make, (readonly number[])[]]>([
    ["Mul, broadcast", (g, [a, b]) => g.mul(g.mul(a!, b!), a!), [[2, 3], [1, 3]]], // prettier-ignore
    ["Add to a vector", (g, [a, b]) => g.pow(g.add(a!, b!), 2), [[2, 3, 4], [4]]], // prettier-ignore
    ["Where", (g, [a, b]) => g.where(g.greater(a!, 0.5), a!, b!), [[2, 3], []]],
    ["MatMul of many matrices and one", (g, [a, b]) => g.exp(g.matMul(a!, b!)), [[2, 5, 3], [3, 4]]], // prettier-ignore
    ["ReduceMean", (g, [a]) => g.exp(g.reduceMean(a!, { axes: [1] })), [[2, 3, 4]]],
    ["GlobalAveragePool", (g, [a]) => g.exp(g.globalAveragePool(a!)), [[2, 3, 4, 5]]],
    ["Concat", (g, [a, b]) => g.exp(g.concat([a!, b!], { axis: 1 })), [[2, 3], [2, 1]]], // prettier-ignore
    ["Reshape of nothing", (g, [a]) => g.reshape(a!, [4, 0], { allowzero: 1 }), [[0, 4]]],
  ])("%s", async (_, make, shapes) => {
    const [freeGradients, fixedGradients] = [
      await gradientsOf(make, shapes, true),
      await gradientsOf(make, shapes, false),
    ];
    freeGradients.forEach(({ dims, data }, i) => {
      expect(dims).toEqual(fixedGradients[i]!.dims);
      // The two add up in another order.
      data.forEach((value, k) => {
        const expected = fixedGradients[i]!.data[k]!;
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-5 * Math.abs(expected));
      });
    });
  });
});

describe("extents that data decide", () => {
  const x = tensor("float32", [3, 2], [1, -2, 3, 4, -5, 6]);
  type Take = (g: GraphBuilder, x: Value, above: number) => Value;
  const rows: Take = (g, x, above) => g.nonZero(g.greater(g.reshape(g.gather(x, [0], { axis: 1 }), [-1]), above)); // prettier-ignore
  const columns: Take = (g, x, above) => g.nonZero(g.greater(g.reshape(g.gather(x, [0]), [-1]), above)); // prettier-ignore

  // PyTorch's x[x > 0] and x[x[:, 0] > 0]; and of none, as nothing is above 9.
  it.each<[string, Take, number[]]>([
    ["GatherND of numbers", (g, x, above) => g.gatherND(x, g.transpose(g.nonZero(g.greater(x, above)), [1, 0])), [2, 0, 6, 8, 0, 12]], // prettier-ignore
    ["GatherND of rows", (g, x, above) => g.gatherND(x, g.transpose(rows(g, x, above), [1, 0])), [2, -4, 6, 8, 0, 0]], // prettier-ignore
    ["Gather of rows", (g, x, above) => g.gather(x, g.reshape(rows(g, x, above), [-1])), [2, -4, 6, 8, 0, 0]], // prettier-ignore
    ["Gather of columns", (g, x, above) => g.gather(x, columns(g, x, above), { axis: 1 }), [2, 0, 6, 0, -10, 0]], // prettier-ignore
  ])("%s", async (_, take, expected) => {
    for (const [above, gradient] of [
      [0, expected],
      [9, [0, 0, 0, 0, 0, 0]],
    ] as const) {
      const g = new GraphBuilder();
      const input = g.input("x", "float32", [3, 2]);
      const taken = take(g, input, above);
      const [dx] = gradients(g, g.reduceSum(g.mul(taken, taken), { keepdims: false }), [input]);
      g.output(dx!, "dx");
      const { dx: got } = await run(g, new Map([["x", x]]));
      expect([...(got!.data as Float32Array)]).toEqual(gradient);
    }
  });
});

describe("vast extents", () => {
  const extent = 2 ** 31;
  const image = (shape: readonly number[]) => {
    const g = new GraphBuilder();
    return { g, x: g.input("x", "float32", shape) };
  };

  it.each<[string, (g: GraphBuilder, x: Value) => Value, readonly number[]]>([
    ["AveragePool", (g, x) => g.averagePool(x, { kernel_shape: [3, 3], strides: [2, 1] }), [1, 1, extent, 5]], // prettier-ignore
    ["AveragePool, padded", (g, x) => g.averagePool(x, { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }), [1, 1, extent, 5]], // prettier-ignore
    ["AveragePool, of a vast window", (g, x) => g.averagePool(x, { kernel_shape: [extent - 1, 1] }), [1, 1, extent, 5]], // prettier-ignore
    ["Resize", (g, x) => g.resize(x, { scales: [1, 1, 2, 1], mode: "linear" }), [1, 1, extent, 5]],
    ["Resize, antialias", (g, x) => g.resize(x, { sizes: [1, 1, 8, 5], mode: "cubic", antialias: 1 }), [1, 1, extent, 5]], // prettier-ignore
    ["Pad", (g, x) => g.pad(x, { pads: [0, 0, 1, 0, 0, 0, 1, 0], mode: "edge" }), [1, 1, extent, 5]], // prettier-ignore
    ["Slice", (g, x) => g.slice(x, { starts: [0], ends: [1], axes: [2], steps: [extent] }), [1, 1, extent, 5]], // prettier-ignore
  ])("%s ends at once, or is refused", (_, make, shape) => {
    const { g, x } = image(shape);
    const y = make(g, x);
    const started = performance.now();
    try {
      expect(gradients(g, y, [x])[0]!.shape).toEqual(shape);
    } catch (error) {
      if (!isCajalError(error, "unsupported")) throw error;
      expect(error.message).toContain("numbers; the most is");
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it.each([
    ["Conv", [1, 1, extent, 4], [1, 1, extent / 2, 2], {}],
    ["Conv", [1, 1, extent, 4], [1, 1, 3, 2], {}],
    ["ConvTranspose", [1, 1, extent, 4], [1, 1, 3, 2], { strides: [2, 1] }],
    ["ConvTranspose", [1, 1, 4, 4], [1, 1, extent, 2], {}],
  ] as const)("%s of %j with %j", (op, shape, kernel, attributes) => {
    const { g, x } = image(shape);
    const w = g.input("w", "float32", kernel);
    const y = g.op(op, [x, w], attributes);
    const started = performance.now();
    const [dx, dw] = gradients(g, y, [x, w]);
    expect([dx!.shape, dw!.shape]).toEqual([shape, kernel]);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(g.nodes.length).toBeLessThan(200);
  });

  it("Resize of a wide image takes a table that grows with its width", async () => {
    const [width, scale] = [4000, 2];
    const { g, x } = image([1, 1, 1, width]);
    const y = g.resize(x, { scales: [1, 1, 1, scale], mode: "linear" });
    g.output(gradients(g, g.mul(y, y), [x])[0]!, "dx");
    const model = g.build();
    const sizes = [...model.graph.initializers.values()].map(({ data }) => data.length);
    expect(Math.max(...sizes)).toBeLessThan(8 * width);
    const ramp = Float32Array.from({ length: width }, (_, i) => i);
    const results = await run(g, new Map([["x", tensor("float32", [1, 1, 1, width], ramp)]]));
    const dx = results.dx!.data as Float32Array;
    // Inside, i is seen by i − 3/4, i − 1/4, i + 1/4, i + 3/4 with weights 1/4, 3/4, 3/4, 1/4: Σ 2 w y = 4 i.
    for (const i of [10, 1234, 3990]) expect(dx[i]).toBeCloseTo(4 * i, 2);
  });
});

describe("long graphs", () => {
  it("are differentiated in linear time, without a deep stack", () => {
    const time = (length: number) => {
      const g = new GraphBuilder();
      const x = g.input("x", "float32", [2]);
      let y: Value = x;
      for (let i = 0; i < length; i++) y = i % 2 ? g.tanh(y) : g.mul(y, y);
      const started = performance.now();
      const [dx] = gradients(g, y, [x]);
      expect(dx!.shape).toEqual([2]);
      return performance.now() - started;
    };
    time(1000);
    const [short, long] = [time(2_000), time(20_000)];
    expect(long / short).toBeLessThan(40);
  });

  it("a value read by very many nodes", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2]);
    const parts = Array.from({ length: 5_000 }, (_, i) => g.mul(x, i));
    const y = g.op("Sum", parts);
    expect(gradients(g, y, [x])[0]!.shape).toEqual([2]);
  });

  it("outputs that nodes had left out are found without a search", () => {
    const g = new GraphBuilder();
    let y: Value = g.input("x", "float32", [1, 4]);
    const x = y;
    const scale = g.constant(tensor("float32", [4], [1, 1, 1, 1]));
    for (let i = 0; i < 1000; i++) y = g.layerNormalization(y, scale);
    const started = performance.now();
    gradients(g, y, [x]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
