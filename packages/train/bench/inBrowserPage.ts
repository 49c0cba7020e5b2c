// The page of inBrowser.ts: the same networks in Cajal, TF.js and jax-js, and their training steps in turns.
// SGD with momentum on made-up images; jax-js' batch normalization keeps no averages.
import { random, tensor } from "@cajal/core";
import { functional, type Functional, type ModelConfig, type Symbolic } from "@cajal/models";
import { initialize, openTrainStep, type DeviceName, type EngineName } from "@cajal/runtime";
import * as tf from "@tensorflow/tfjs-core";
import {
  input as tfInput,
  layers,
  model as tfModel,
  type LayersModel,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-webgl";
import { env } from "onnxruntime-web/wasm";
import { sgd, sparseCategoricalCrossentropy } from "../src/index";
import { jaxStep } from "./inBrowserJax";
import { workloads, type Part, type Running, type Workload } from "./inBrowserWorkloads";

export interface Outcome {
  readonly name: string;
  /** Of a step, the median of the rounds' medians. */
  readonly ms?: number;
  readonly problem?: string;
}
/** @param threads of wasm, settled by the first call of a page; absent: one a core */
export type Bench = (network: string, rounds: number, threads?: number) => Promise<Outcome[]>;

const [learningRate, momentum] = [0.01, 0.9];

function cajalModel({ input, parts }: Workload): ModelConfig {
  const net = functional("bench");
  const image = net.input(input);
  return net.model(
    image,
    parts.reduce<Symbolic>((x, part) => called(net, part, x), image),
  );
}

function called(net: Functional, part: Part, x: Symbolic): Symbolic {
  if (part === "norm") return net.layer("BatchNormalization", {}, x);
  if (part === "relu") return net.layer("ReLU", {}, x);
  if (part === "relu6") return net.layer("ReLU", { max_value: 6 }, x);
  if (part === "average") return net.layer("GlobalAveragePooling2D", {}, x);
  if (part === "flatten") return net.layer("Flatten", {}, x);
  if ("pool" in part) return net.layer("MaxPooling2D", { pool_size: part.pool }, x);
  if ("dense" in part) return net.layer("Dense", { units: part.dense }, x);
  const { stride = 1 } = part;
  if ("depthwise" in part)
    return net.layer("DepthwiseConv2D", { kernel_size: part.depthwise, strides: stride, padding: "same", use_bias: false }, x); // prettier-ignore
  const { conv: filters, size, valid, bias = false } = part;
  return net.layer("Conv2D", { filters, kernel_size: size, strides: stride, padding: valid ? "valid" : "same", use_bias: bias }, x); // prettier-ignore
}

function tfjsModel({ input, parts }: Workload): LayersModel {
  const image = tfInput({ shape: [...input] });
  const layerOf = (part: Part) => {
    if (part === "norm") return layers.batchNormalization({ epsilon: 1e-3 });
    if (part === "relu") return layers.reLU();
    if (part === "relu6") return layers.reLU({ maxValue: 6 });
    if (part === "average") return layers.globalAveragePooling2d({});
    if (part === "flatten") return layers.flatten();
    if ("pool" in part) return layers.maxPooling2d({ poolSize: part.pool });
    if ("dense" in part) return layers.dense({ units: part.dense });
    const { stride: strides = 1 } = part;
    if ("depthwise" in part)
      return layers.depthwiseConv2d({ kernelSize: part.depthwise, strides, padding: "same", useBias: false }); // prettier-ignore
    const { conv: filters, size: kernelSize, valid, bias: useBias = false } = part;
    return layers.conv2d({ filters, kernelSize, strides, padding: valid ? "valid" : "same", useBias }); // prettier-ignore
  };
  const end = parts.reduce((x, part) => layerOf(part).apply(x) as SymbolicTensor, image);
  return tfModel({ inputs: image, outputs: end });
}

function batchOf({ batch, input, classes }: Workload) {
  const numbers = random(1, "batch");
  const x = Float32Array.from({ length: batch * input[0] * input[1] * input[2] }, () => numbers.float()); // prettier-ignore
  const labels = Array.from({ length: batch }, () => numbers.integer(classes));
  return { x, labels };
}

async function onCajal(
  work: Workload,
  engine: EngineName,
  device: DeviceName,
  threads?: number,
): Promise<Running> {
  const model = cajalModel(work);
  const { x, labels } = batchOf(work);
  const step = await openTrainStep(model, initialize(model, { seed: 1 }), {
    engine,
    device,
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    optimizer: sgd({ learningRate, momentum }),
    verify: false,
    ...(threads && { threads }),
  });
  const batch = { x: tensor("float32", [work.batch, ...work.input], x), y: tensor("int32", [work.batch], labels) }; // prettier-ignore
  return { step: () => step.run(batch), dispose: () => step.dispose() };
}

async function onTfjs(work: Workload, backend: string): Promise<Running> {
  await tf.setBackend(backend);
  const model = tfjsModel(work);
  model.compile({
    optimizer: tf.train.momentum(learningRate, momentum),
    loss: (y, p) => tf.losses.softmaxCrossEntropy(y, p),
  });
  const { x, labels } = batchOf(work);
  const images = tf.tensor4d(x, [work.batch, ...work.input]);
  const targets = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), work.classes), "float32");
  return {
    async step() {
      await tf.setBackend(backend);
      return model.trainOnBatch(images, targets);
    },
    dispose: () => tf.dispose([images, targets]),
  };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function timed({ step }: Running): Promise<number> {
  const began = performance.now();
  await step();
  return performance.now() - began;
}

/** Milliseconds of a step: what takes longer is measured once, and after so long a first step not again. */
const [tooSlow, hopeless] = [5000, 60_000];

/** How many steps fit into a second, at least 1 and at most 20. */
const stepsIn = (ms: number) => Math.min(20, Math.max(1, Math.round(1000 / ms)));

const bench: Bench = async (network, rounds, threads = navigator.hardwareConcurrency) => {
  const work = workloads[network];
  if (!work) throw new Error(`${network}: expected one of ${Object.keys(workloads).join(", ")}.`);
  const ways: Readonly<Record<string, () => Promise<Running>>> = {
    [`Cajal onnx wasm, threads ${threads}`]: () => onCajal(work, "onnx", "wasm", threads),
    "Cajal tfjs webgl": () => onCajal(work, "tfjs", "webgl"),
    "TF.js webgl": () => onTfjs(work, "webgl"),
    "TF.js wasm": () => onTfjs(work, "wasm"),
    "TF.js cpu": () => onTfjs(work, "cpu"),
    "jax-js wasm": () => jaxStep(work, batchOf(work), { learningRate, momentum }),
  };
  const runs: { name: string; running?: Running; problem?: string; warm: number; medians: number[] }[] = []; // prettier-ignore
  for (const [name, open] of Object.entries(ways))
    try {
      const running = await open();
      // The first step compiles.
      const first = await timed(running);
      const warm = first > hopeless ? first : await timed(running);
      if (warm <= tooSlow) runs.push({ name, running, warm, medians: [] });
      else {
        runs.push({ name, warm, medians: [warm] });
        await running.dispose?.();
      }
    } catch (error) {
      runs.push({ name, problem: (error as Error).message.split("\n")[0]!, warm: 0, medians: [] });
    }
  for (let round = 0; round < rounds; round++)
    for (const { running, warm, medians } of runs) {
      if (!running) continue;
      const times: number[] = [];
      for (let i = 0; i < stepsIn(warm); i++) times.push(await timed(running));
      medians.push(median(times));
    }
  for (const { running } of runs) await running?.dispose?.();
  return runs.map(({ name, problem, medians }) =>
    problem === undefined ? { name, ms: median(medians) } : { name, problem },
  );
};

env.wasm.wasmPaths = "/onnxruntime-web/";
setWasmPaths("/tfjs-backend-wasm/");
Object.assign(globalThis, { bench });
