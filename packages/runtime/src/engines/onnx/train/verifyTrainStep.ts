// As verify.ts for predictions: detects, when a training step is opened, a GPU that computes gradients wrongly, as
// some drivers do silently, by computing the gradients of the model there and on the CPU.
import { CajalError, random, sizeOf, tensor, type Tensor } from "@cajal/core";
import type { WeightInput } from "@cajal/models";
import { gradients, type OnnxModel } from "@cajal/onnx";
import { inNode, isGpu, type DeviceName } from "../../../device/device";
import type { Ref } from "../thread/graphHost.js";
import { faultText, firstDifferingNode, type Run } from "../firstDifferingNode";
import { callerThread, type GraphThread } from "../thread/graphThread";
import { forwardOf } from "../../../step/forward";
import { rewrites } from "../provider";
import type { TrainableModel } from "../../../step/model";

export interface VerifiedStep {
  readonly trainable: TrainableModel;
  readonly layouts: ReadonlyMap<string, WeightInput>;
  /** Shapes of the batch's x by input, null where free. */
  readonly shapes: Readonly<Record<string, readonly (number | null)[]>>;
  readonly device: DeviceName;
  /** Where the step will run, and the weights are stored. */
  readonly thread: GraphThread;
  readonly ref: (key: string) => Ref;
}

// Rounding to 10 bits (TF32) changes gradients by some percent in deep networks; wrong ones differ by their own
// size. Gradients that are 0 except for rounding, as of a bias before a normalization, are small beside others.
const sizeTolerance = 0.2;
const largestTolerance = 1e-3;

/** Few, but more than two: batch normalization turns any two numbers into ±1, and passes no gradient. */
const examples = 4;

/**
 * Compares the gradients of a random function of the model's output with the CPU's, at a random batch.
 *
 * @throws CajalError `engine` naming the weight whose gradient differs most
 */
export async function verifyTraining(step: VerifiedStep): Promise<void> {
  const { thread, ref, device } = step;
  const { model, feeds, storedKeys } = checkedGraph(step);
  const cpu = callerThread({ device: inNode ? "cpu" : "wasm" });
  const arrays = await thread.take(storedKeys.map(ref));
  await cpu.put(Object.fromEntries(storedKeys.map((key, i) => [key, arrays[i]!])));
  const run = async (where: GraphThread, refOf: (key: string) => Ref) => {
    const graph = await where.open(model);
    try {
      const refs = storedKeys.map((key) => [key, refOf(key)] as const);
      return await graph.run({ feeds, reads: Object.fromEntries(refs), writes: {} });
    } finally {
      await graph.release();
    }
  };
  let expected: Readonly<Record<string, Tensor>>;
  try {
    expected = await run(cpu, (key) => [key, 0]);
  } catch {
    return; // The model fails for random numbers, as a lookup of rows may: nothing can be verified.
  }
  const worst = worstOf(expected, await run(thread, ref));
  if (!worst) return;
  const { name, difference, size } = worst;
  const shapes = new Map(model.graph.inputs.map((input) => [input.name, input.shape as number[]]));
  const weights = storedKeys.map((key, i) => [
    key,
    tensor("float32", shapes.get(key)!, arrays[i]!),
  ]);
  const allFeeds = { ...feeds, ...Object.fromEntries(weights) };
  const node = await firstDifferingNode(model, allFeeds, {
    onCpu: runOn(cpu),
    onDevice: runOn(thread),
  });
  throw new CajalError(
    "engine",
    `engine onnx computes gradients of this model wrongly on device ${device}: that of weight "${name}" for a random batch ` +
      `differs from the CPU's by ${difference.toPrecision(3)}; its own size is ${size.toPrecision(3)} (root mean squares). ${faultText(node)}`,
    { engine: "onnx", device, weight: name, difference, size, ...(node !== undefined && { node }) },
  );
}

const runOn =
  (thread: GraphThread): Run =>
  async (model, feeds) => {
    const graph = await thread.open(model);
    const names = new Set(model.graph.inputs.map(({ name }) => name));
    const graphFeeds = Object.entries(feeds).filter(([name]) => names.has(name));
    try {
      return await graph.run({ feeds: Object.fromEntries(graphFeeds), reads: {}, writes: {} });
    } finally {
      await graph.release();
    }
  };

/** The graph of the gradients of Σ y · r, with random r; its outputs have the names of the weights. */
function checkedGraph({ trainable, layouts, shapes, device }: VerifiedStep): {
  model: OnnxModel;
  feeds: Record<string, Tensor>;
  storedKeys: string[];
} {
  const x = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const extents = shape.map((extent, axis) => extent ?? (axis === 0 ? examples : 1));
      return [name, noise(extents, `x/${name}`)];
    }),
  );
  const forward = forwardOf(trainable, { x, training: true, layouts });
  const { g, yPred, inputs } = forward;
  const parameters = trainable.weights.filter(
    ({ key, multiplier }) => multiplier !== undefined && inputs.has(key),
  );
  const r = yPred.map(({ shape }, i) => noise(shape as number[], `r/${i}`));
  const target = yPred
    .map((y, i) =>
      g.reduceSum(g.mul(y, g.input(`input/r/${i}`, "float32", r[i]!.shape)), { keepdims: false }),
    )
    .reduce((a, b) => g.add(a, b));
  const dys = gradients(
    g,
    target,
    parameters.map(({ key }) => inputs.get(key)!.value),
    { webgpu: rewrites(device), gpu: isGpu(device) },
  );
  parameters.forEach(({ key }, i) => g.output(g.identity(dys[i]!), `gradient/${key}`));
  const model = g.build();
  const feeds: Record<string, Tensor> = {
    ...Object.fromEntries([...forward.x].map(([name, value]) => [value.name, x[name]!])),
    ...Object.fromEntries(r.map((each, i) => [`input/r/${i}`, each])),
    "input/seed": tensor("int64", [], [1]),
  };
  const names = model.graph.inputs.map(({ name }) => name);
  return {
    model,
    feeds: Object.fromEntries(
      names.flatMap((name) => (Object.hasOwn(feeds, name) ? [[name, feeds[name]!]] : [])),
    ),
    storedKeys: names.filter((name) => !Object.hasOwn(feeds, name)),
  };
}

/** In −1 … 1. */
function noise(shape: readonly number[], name: string): Tensor<"float32"> {
  const numbers = random(0, "verify", name);
  const data = Float32Array.from({ length: sizeOf(shape) }, () => 2 * numbers.float() - 1);
  return tensor("float32", shape, data);
}

/** The gradient that exceeds its tolerance most. */
function worstOf(
  expected: Readonly<Record<string, Tensor>>,
  got: Readonly<Record<string, Tensor>>,
): { name: string; difference: number; size: number } | undefined {
  const comparisons = Object.entries(expected).flatMap(([name, { data }]) => {
    const size = rootMeanSquare(data.length, (i) => Number(data[i]));
    const gotData = got[name]!.data;
    const difference = rootMeanSquare(data.length, (i) => Number(gotData[i]) - Number(data[i]));
    // A gradient that is not finite on the CPU either is not compared.
    return Number.isFinite(size)
      ? [{ name: name.slice("gradient/".length), difference, size }]
      : [];
  });
  const floor = largestTolerance * Math.max(0, ...comparisons.map(({ size }) => size));
  return comparisons
    .map((each) => ({ ...each, excess: each.difference / (sizeTolerance * each.size + floor) }))
    .map((each) => (Number.isNaN(each.difference) ? { ...each, excess: Infinity } : each))
    .filter(({ excess }) => excess > 1)
    .toSorted((a, b) => b.excess - a.excess)[0];
}

function rootMeanSquare(length: number, value: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += value(i) ** 2;
  return Math.sqrt(sum / Math.max(1, length));
}
