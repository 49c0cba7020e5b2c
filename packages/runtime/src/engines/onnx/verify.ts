// GPU drivers compute wrongly without a word: software Vulkan gave garbage for a convolution of 6
// input and 16 output channels. So a model opened on a GPU is run once there and once on the CPU.
import { CajalError, random, tensor, type Tensor } from "@cajal/core";
import { computed, type OnnxModel } from "@cajal/onnx";
import { fromOrt, onnxRuntime, toOrt } from "./onnxRuntime";
import { inNode } from "../../device/device";
import type { OpenedModel } from "../../session/session";

// GPUs round products to 10 bits (TF32), and layers add up; garbage is of the values' own size.
const ofDeviation = 0.05;
const ofLargest = 1e-3;

/**
 * Compares a model with ONNX Runtime's CPU on one random example.
 *
 * @throws CajalError `engine` naming the output that differs; the model is freed then
 */
export async function verify(opened: OpenedModel, model: OnnxModel | Uint8Array): Promise<void> {
  const feeds = Object.fromEntries(opened.inputs.map((input) => [input.name, example(input)]));
  const { ort, session } = await onnxRuntime(model, { device: inNode ? "cpu" : "wasm" });
  try {
    const fed = Object.entries(feeds).map(([name, x]) => [name, toOrt(ort, x)] as const);
    const expected = await session.run(Object.fromEntries(fed));
    const got = await opened.run(feeds);
    for (const { name } of opened.outputs)
      compare(opened, name, got[name]!, fromOrt(expected[name]!, name));
  } catch (error) {
    await opened.free();
    throw error;
  } finally {
    await session.release();
  }
}

/** One example; free extents are 1, and inputs that count something are 0. */
function example({ name, dtype, shape = [] }: OpenedModel["inputs"][number]): Tensor {
  const extents = shape.map((extent) => (typeof extent === "number" ? extent : 1));
  const x = tensor(computed(dtype), extents);
  const numbers = random(0, "verify", name);
  if (x.data instanceof Float32Array || x.data instanceof Float64Array)
    for (let i = 0; i < x.data.length; i++) x.data[i] = 2 * numbers.float() - 1;
  return x;
}

function compare(
  { engine, device }: OpenedModel,
  name: string,
  got: Tensor,
  expected: Tensor,
): void {
  const values = Array.from(expected.data, Number);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
  const difference = values.reduce((most, value, i) => {
    const apart = Math.abs(Number(got.data[i]) - value);
    return apart <= most ? most : apart; // NaN is the largest
  }, 0);
  if (difference <= ofDeviation * Math.sqrt(variance) + ofLargest * largest) return;
  throw new CajalError(
    "engine",
    `engine ${engine} computes this model wrongly on device ${device}: output "${name}" of a random example differs ` +
      `from the CPU's by ${difference.toPrecision(3)}; its largest value is ${largest.toPrecision(3)}. ` +
      "The device's driver is at fault: update it, or use another device.",
    { engine, device, output: name, difference, largest },
  );
}
