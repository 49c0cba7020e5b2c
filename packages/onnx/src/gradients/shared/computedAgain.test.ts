import { random } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { encodeModel } from "../../file/encode";
import { gradients } from "../../differentiate";
import { GraphBuilder, type Value } from "../../graph/builder";

const numbers = random(1, "recomputed");
const normal = (...shape: number[]) =>
  new ort.Tensor(
    "float32",
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => numbers.normal()),
    shape,
  );
const feeds = {
  x: normal(2, 4, 6, 6),
  k1: normal(8, 4, 3, 3),
  scale: normal(8),
  bias: normal(8),
  k2: normal(64, 8, 3, 3),
  // Two, as ONNX Runtime may write the statistics over them.
  mean: new ort.Tensor("float32", new Float32Array(8), [8]),
  variance: new ort.Tensor("float32", new Float32Array(8), [8]),
};

interface Options {
  /** Default Relu. */
  activation?: (g: GraphBuilder, x: Value) => Value;
  /** How many of the 64 kernels of the second convolution are used. */
  kernels?: number;
  momentum?: number;
  /** Also reads what the second convolution reads. */
  reader?: (g: GraphBuilder, x: Value) => Value;
  /** Whether the second convolution has no gradient of its kernels. */
  frozen?: boolean;
  recompute: boolean;
}

/** A convolution, a normalization and its activation, and one more convolution. */
async function backward({
  activation = (g, x) => g.relu(x),
  kernels = 64,
  momentum = 0,
  reader,
  frozen = false,
  recompute,
}: Options) {
  const g = new GraphBuilder();
  const input = (name: keyof typeof feeds) => g.input(name, "float32", feeds[name].dims);
  const [x, k1, scale, bias, k2, mean, variance] = (["x", "k1", "scale", "bias", "k2", "mean", "variance"] as const).map(input) as [Value, Value, Value, Value, Value, Value, Value]; // prettier-ignore
  const convolved = g.conv(x, k1);
  const [normalized] = g.ops("BatchNormalization", [convolved, scale, bias, mean, variance], { training_mode: 1, momentum }, { outputs: 3 }); // prettier-ignore
  const active = activation(g, normalized!);
  const used = g.slice(k2, { starts: [0], ends: [kernels], axes: [0] });
  const y = g.conv(active, used);
  const read = reader && g.reduceSum(reader(g, active), { keepdims: false });
  const square = g.reduceSum(g.mul(y, y), { keepdims: false });
  const target = read ? g.add(square, g.mul(read, 1000)) : square;
  const forwardNodes = g.nodes.length;
  const dys = gradients(g, target, frozen ? [x, k1, scale, bias] : [x, k1, scale, bias, k2], {
    recompute,
  });
  dys.forEach((dy, i) => g.output(dy, `d${i}`));
  const keptReaders = g.nodes
    .slice(forwardNodes)
    .filter(({ inputs }) => inputs.includes(active.name) || inputs.includes(normalized!.name));
  const session = await ort.InferenceSession.create(encodeModel(g.build()));
  const result = await session.run(feeds);
  await session.release();
  return {
    dxs: dys.map((_, i) => [...(result[`d${i}`]!.data as Float32Array)]),
    readers: keptReaders.map(({ op }) => op),
    nodes: g.nodes.length,
  };
}

/** But for rounding. */
function expectEqual(dxs: readonly number[][], expected: readonly number[][]): void {
  dxs.forEach((dx, i) => {
    const largest = Math.max(...expected[i]!.map(Math.abs));
    const differences = dx.map((each, j) => Math.abs(each - expected[i]![j]!) / largest);
    expect(Math.max(...differences)).toBeLessThan(1e-6);
  });
}

it.each<[string, NonNullable<Options["activation"]>]>([
  ["Relu", (g, x) => g.relu(x)],
  ["Clip", (g, x) => g.clip(x, { min: 0, max: 0.5 })],
  ["LeakyRelu", (g, x) => g.leakyRelu(x, { alpha: 0.1 })],
  ["no activation", (_, x) => x],
])("computes a normalization and %s again, equal but for rounding", async (_, activation) => {
  const kept = await backward({ activation, recompute: false });
  expect(kept.readers).not.toEqual([]);
  const again = await backward({ activation, recompute: true });
  expect(again.readers).toEqual([]);
  expectEqual(again.dxs, kept.dxs);
});

// By a rounding's difference they would find no maximum at all, or another.
it.each<[string, NonNullable<Options["reader"]>]>([
  ["MaxPool", (g, x) => g.maxPool(x, { kernel_shape: [2, 2], strides: [2, 2] })],
  ["MaxPool, overlapping", (g, x) => g.maxPool(x, { kernel_shape: [3, 3], strides: [1, 1] })],
  ["GlobalMaxPool", (g, x) => g.op("GlobalMaxPool", [x])],
  ["ReduceMax", (g, x) => g.reduceMax(x, { axes: [1] })],
  ["ReduceMin", (g, x) => g.reduceMin(x, { axes: [1] })],
  ["Max", (g, x) => g.op("Max", [x, g.scalar("float32", 0.3)])],
])("gives %s, which looks for the maximum, what it was taken from", async (_, reader) => {
  // Without an activation, the values differ everywhere.
  const options = { activation: (_: GraphBuilder, x: Value) => x, reader };
  const kept = await backward({ ...options, recompute: false });
  const again = await backward({ ...options, recompute: true });
  expect(again.nodes).toBeGreaterThan(kept.nodes);
  expectEqual(again.dxs, kept.dxs);
});

it("keeps what costs more to compute again than its memory is worth, or cannot be", async () => {
  const kept = await backward({ recompute: false });
  // 9 · 22 multiplications for each element.
  expect((await backward({ recompute: true, kernels: 22 })).readers).toEqual(kept.readers);
  expect((await backward({ recompute: true, kernels: 23 })).readers).toEqual([]);
  // Nobody reads it again.
  const nodes = async (recompute: boolean) =>
    (await backward({ activation: (_, x) => x, frozen: true, recompute })).nodes;
  expect(await nodes(true)).toBe(await nodes(false));
  // The statistics that are given are blended with older ones.
  expect((await backward({ recompute: true, momentum: 0.9 })).readers).toEqual(kept.readers);
});
