// Trains LeNet-5 and a small network with batch normalization on both WebGPU engines over software Vulkan (SwiftShader,
// which Debian's chromium brings), proofs on: losses as on the CPU, the bytes that cross to the device and back in a
// step, and one operator that computes wrongly, caught and named. Each in a process of its own, a minute or two:
//   node scripts/run-source.mjs packages/train/scripts/checkSoftwareGpu.ts [cases, e.g. onnx-lenet5,tfjs-error]
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { isCajalError } from "@cajal/core";
import { decodeModel, encodeModel, type Node } from "@cajal/onnx";
import * as ort from "onnxruntime-node";
import { smallTraining, type Where } from "../testing/smallTraining";

const icd = "/usr/lib/chromium/vk_swiftshader_icd.json";
/** Engines add up in other orders; Adam makes ±rate of what is rounding, and steps carry it on. */
const tolerance = 2e-3;

const cases = ["onnx", "tfjs"].flatMap((engine) => ["lenet5", "normalized", "error"].map((what) => `${engine}-${what}`)); // prettier-ignore
const [chosen = cases.join(), mode] = process.argv.slice(2);
if (mode === "child") await child(chosen);
else
  for (const each of chosen.split(",")) {
    const startTime = performance.now();
    const { stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), each, "child"], { encoding: "utf8", env: { ...process.env, VK_DRIVER_FILES: icd, VK_ICD_FILENAMES: icd, LD_LIBRARY_PATH: dirname(icd), ORT_DISABLE_TELEMETRY: "1" } }); // prettier-ignore
    const isRight = stdout.startsWith("✓");
    if (!isRight) process.exitCode = 1;
    console.log(`${isRight ? "" : "✗ "}${each}: ${stdout.trim() || stderr.trim().slice(-2000)}; ${((performance.now() - startTime) / 1000).toFixed(0)} s`); // prettier-ignore
  }

async function child(name: string): Promise<void> {
  const [engine, what] = name.split("-") as ["onnx" | "tfjs", string];
  const lenet = what === "lenet5";
  const where: Where = { engine, device: "webgpu", lenet };
  let line: string;
  if (what === "error") line = await withError(engine, where);
  else {
    const expected = await smallTraining({ engine: "onnx", device: "cpu", lenet });
    // The self-test, whose own steps cross the bus as well, comes first.
    await smallTraining({ ...where, steps: 1 });
    const crossed = engine === "onnx" ? countInOnnxRuntime() : countInDawn();
    const few = await bytesOf(crossed, () => smallTraining({ ...where, verify: false, steps: 2 }));
    const more = await bytesOf(crossed, () => smallTraining({ ...where, verify: false, steps: 4 }));
    const step = [0, 1].map((i) => (more.bytes[i]! - few.bytes[i]!) / 2);
    const losses = await smallTraining(where);
    const difference = Math.max(...losses.map((loss, i) => Math.abs(loss - expected[i]!) / expected[i]!)); // prettier-ignore
    const isRight = losses.length === expected.length && difference < tolerance;
    line = `${isRight ? "✓" : "✗"} ${losses.length} steps, losses ${losses[0]!.toFixed(4)} to ${losses.at(-1)!.toFixed(4)}, differ from the CPU's by ${difference.toExponential(1)} of them at most; in a step ${step[0]} bytes go to the device, ${step[1]} come back`; // prettier-ignore
  }
  // At once: Dawn's threads keep a process, and some drivers crash while they shut down.
  process.stdout.write(`${line}\n`, () => process.kill(process.pid, "SIGKILL"));
}

/** Bytes to the device, and from it. */
type Crossed = [up: number, down: number];

async function bytesOf<T>(crossed: Crossed, body: () => Promise<T>) {
  crossed.fill(0);
  const result = await body();
  return { result, bytes: [...crossed] as Crossed };
}

/** Counts tensors of the CPU that sessions on webgpu are fed and give. */
function countInOnnxRuntime(): Crossed {
  const crossed: Crossed = [0, 0];
  const { InferenceSession } = ort;
  const create = InferenceSession.create.bind(InferenceSession) as (...args: unknown[]) => Promise<ort.InferenceSession>; // prettier-ignore
  const bytes = (tensors: ort.InferenceSession.OnnxValueMapType) =>
    Object.values(tensors).reduce((sum, value) => sum + ((value as ort.Tensor).location === "cpu" ? ((value as ort.Tensor).data as Float32Array).byteLength : 0), 0); // prettier-ignore
  InferenceSession.create = async (...args: unknown[]) => {
    const session = await create(...args);
    if (!onWebgpu(args)) return session;
    const run = session.run.bind(session);
    session.run = async (feeds: ort.InferenceSession.FeedsType) => {
      const results = await run(feeds);
      crossed[0] += bytes(feeds);
      crossed[1] += bytes(results);
      return results;
    };
    return session;
  };
  return crossed;
}

function onWebgpu([, options]: readonly unknown[]): boolean {
  const { executionProviders } = (options ?? {}) as ort.InferenceSession.SessionOptions;
  return executionProviders?.[0] === "webgpu";
}

/** Counts what is written into Dawn's buffers and read from them; kernels' own parameters count too. */
function countInDawn(): Crossed {
  const crossed: Crossed = [0, 0];
  const { GPUQueue, GPUBuffer, GPUDevice } = globalThis as unknown as Record<string, { prototype: Record<string, (...args: never[]) => unknown> }>; // prettier-ignore
  const { writeBuffer } = GPUQueue!.prototype as { writeBuffer: (...args: unknown[]) => void };
  Object.assign(GPUQueue!.prototype, {
    writeBuffer(this: object, ...args: unknown[]) {
      const [, , data, offset = 0, size] = args as [unknown, unknown, Float32Array, number?, number?]; // prettier-ignore
      const element = "BYTES_PER_ELEMENT" in data ? data.BYTES_PER_ELEMENT : 1;
      crossed[0] += size === undefined ? data.byteLength - offset * element : size * element;
      return writeBuffer.apply(this, args);
    },
  });
  const { getMappedRange } = GPUBuffer!.prototype as { getMappedRange: (...args: unknown[]) => ArrayBuffer }; // prettier-ignore
  const { createBuffer } = GPUDevice!.prototype as { createBuffer: (...args: unknown[]) => object };
  const uploads = new WeakSet<object>();
  Object.assign(GPUDevice!.prototype, {
    createBuffer(this: object, ...args: unknown[]) {
      const buffer = createBuffer.apply(this, args);
      if ((args[0] as { mappedAtCreation?: boolean }).mappedAtCreation) uploads.add(buffer);
      return buffer;
    },
  });
  Object.assign(GPUBuffer!.prototype, {
    getMappedRange(this: object, ...args: unknown[]) {
      const range = getMappedRange.apply(this, args);
      crossed[uploads.has(this) ? 0 : 1] += range.byteLength;
      return range;
    },
  });
  return crossed;
}

/** Opens the training with one operator that computes something else on the device. */
async function withError(engine: "onnx" | "tfjs", where: Where): Promise<string> {
  const isNamed = engine === "onnx" ? await breakRelu() : await breakMaxPool();
  try {
    await smallTraining({ ...where, steps: 1 });
    return "✗ trains with an operator that computes wrongly";
  } catch (error) {
    if (!isCajalError(error, "engine")) throw error;
    return `${isNamed(error.message) ? "✓" : "✗"} ${error.message}`;
  }
}

/** Sessions on webgpu compute Softplus where the graph has Relu. */
async function breakRelu(): Promise<(message: string) => boolean> {
  const { InferenceSession } = ort;
  const create = InferenceSession.create.bind(InferenceSession) as (...args: unknown[]) => Promise<ort.InferenceSession>; // prettier-ignore
  const broken = new Set<string>();
  InferenceSession.create = async (...args: unknown[]) => {
    if (!onWebgpu(args)) return create(...args);
    const options = args[1] as { externalData?: { path: string; data: Uint8Array }[] };
    const model = decodeModel(args[0] as Uint8Array, { externalData: ({ location, offset, length }) => options.externalData!.find(({ path }) => path === location)!.data.subarray(offset, offset + length) }); // prettier-ignore
    const nodes = model.graph.nodes.map((node): Node => {
      if (node.op !== "Relu") return node;
      broken.add(`"${node.name || node.outputs[0]}" (Relu)`);
      return { ...node, op: "Softplus" };
    });
    return create(encodeModel({ ...model, graph: { ...model.graph, nodes } }), { ...options, externalData: [] }); // prettier-ignore
  };
  return (message) => [...broken].some((node) => message.includes(node));
}

/** TF.js' webgpu averages where it is to take the largest. */
async function breakMaxPool(): Promise<(message: string) => boolean> {
  const { tfjsOn } = await import("../../runtime/src/engines/tfjs/backend");
  const { tf } = await tfjsOn("webgpu");
  const kernel = tf.getKernel("MaxPool", "webgpu");
  tf.unregisterKernel("MaxPool", "webgpu");
  tf.registerKernel({ ...kernel, kernelFunc: tf.getKernel("AvgPool", "webgpu").kernelFunc });
  return (message) => message.includes(": maxPool differs");
}
