// Some GPU drivers silently compute wrong results: software Vulkan did for a convolution of 6 input and 16 output
// channels. So a model opened on a GPU is run once there and once on the CPU.
import { CajalError, random, tensor, type Tensor } from "@cajal/core";
import { computed, decodeModel, type OnnxModel } from "@cajal/onnx";
import { fromOrt, onnxRuntime } from "./onnxRuntime";
import { toOrt } from "./toOrt.js";
import { inNode, type DeviceName } from "../../device/device";
import { faultText, firstDifferingNode, type Run } from "./firstDifferingNode";
import { differenceBeyond, type Difference } from "./tolerance";
import type { OpenedModel } from "../../session/session";

/**
 * Compares a model with ONNX Runtime's CPU on one random example.
 *
 * @throws CajalError `engine` naming the output that differs; the model is freed then
 */
export async function verify(opened: OpenedModel, model: OnnxModel | Uint8Array): Promise<void> {
  const feeds = Object.fromEntries(opened.inputs.map((input) => [input.name, example(input)]));
  const { ort, session } = await onnxRuntime(model, { device: inNode ? "cpu" : "wasm" });
  try {
    const ortFeeds = Object.entries(feeds).map(([name, x]) => [name, toOrt(ort, x)] as const);
    const expected = await session.run(Object.fromEntries(ortFeeds));
    const got = await opened.run(feeds);
    for (const { name } of opened.outputs) {
      const difference = differenceBeyond(got[name]!, fromOrt(expected[name]!, name));
      if (difference)
        throw await verificationError(opened, { name, ...difference }, { model, feeds });
    }
  } catch (error) {
    await opened.free();
    throw error;
  } finally {
    await session.release();
  }
}

/** A random example; free extents are 1, and integer inputs 0. */
function example({ name, dtype, shape = [] }: OpenedModel["inputs"][number]): Tensor {
  const extents = shape.map((extent) => (typeof extent === "number" ? extent : 1));
  const x = tensor(computed(dtype), extents);
  const numbers = random(0, "verify", name);
  if (x.data instanceof Float32Array || x.data instanceof Float64Array)
    for (let i = 0; i < x.data.length; i++) x.data[i] = 2 * numbers.float() - 1;
  return x;
}

async function verificationError(
  { engine, device }: OpenedModel,
  { name, difference, largest }: Difference & { readonly name: string },
  { model, feeds }: { model: OnnxModel | Uint8Array; feeds: Readonly<Record<string, Tensor>> },
): Promise<CajalError> {
  const runOn = (device: DeviceName): Run => {
    return async (model, feeds) => {
      const { ort, session } = await onnxRuntime(model, { device });
      const ortFeeds = Object.entries(feeds).map(([name, x]) => [name, toOrt(ort, x)] as const);
      const results = await session.run(Object.fromEntries(ortFeeds));
      await session.release();
      return Object.fromEntries(
        Object.entries(results).map(([name, result]) => [name, fromOrt(result, name)]),
      );
    };
  };
  const node = await firstDifferingNode("byteLength" in model ? decodeModel(model) : model, feeds, {
    onCpu: runOn(inNode ? "cpu" : "wasm"),
    onDevice: runOn(device),
  });
  return new CajalError(
    "engine",
    `engine ${engine} computes this model wrongly on device ${device}: output "${name}" of a random example differs ` +
      `from the CPU's by ${difference.toPrecision(3)}; its largest value is ${largest.toPrecision(3)}. ${faultText(node)}`,
    { engine, device, output: name, difference, largest, ...(node !== undefined && { node }) },
  );
}
