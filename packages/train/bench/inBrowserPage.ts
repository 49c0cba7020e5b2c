// The page of inBrowser.ts: the same networks in Cajal, TF.js and jax-js. Steps are SGD with momentum on made-up
// images; jax-js' batch normalization keeps no averages.
import { random, tensor } from "@cajal/core";
import { functional, type Functional, type ModelConfig, type Symbolic } from "@cajal/models";
import { initialize, open, openTrainStep, type DeviceName, type EngineName } from "@cajal/runtime";
import * as tf from "@tensorflow/tfjs-core";
import {
  input as tfInput,
  layers,
  model as tfModel,
  type LayersModel,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-webgl";
import { env } from "onnxruntime-web/wasm";
import { sgd, sparseCategoricalCrossentropy } from "../src/index";
import { jaxPrediction, jaxStep } from "./inBrowserJax";
import { workloads, type Part, type Running, type Workload } from "./inBrowserWorkloads";

export interface Bench {
  /** Names of the ways to run a workload. */
  ways(workload: string): string[];
  /**
   * Opens a workload and runs it twice; returns the milliseconds of the second run, or of the first where that was
   * hopeless.
   *
   * @param threads of wasm, settled by the first call of a page
   */
  open(workload: string, way: string, threads: number): Promise<number>;
  /** Milliseconds of so many runs of what is open. */
  times(way: string, count: number): Promise<number[]>;
  close(way: string): Promise<void>;
}

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

interface Where {
  readonly engine: EngineName;
  readonly device: DeviceName;
  readonly threads?: number;
}

async function onCajal(work: Workload, where: Where): Promise<Running> {
  const model = cajalModel(work);
  const weights = initialize(model, { seed: 1 });
  const { x, labels } = batchOf(work);
  const images = tensor("float32", [work.batch, ...work.input], x);
  if (work.predicts) {
    const session = await open(model, weights, { ...where, verify: false });
    return { run: () => session.predict(images), dispose: () => session.dispose() };
  }
  const step = await openTrainStep(model, weights, {
    ...where,
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    optimizer: sgd({ learningRate, momentum }),
    verify: false,
  });
  const batch = { x: images, y: tensor("int32", [work.batch], labels) };
  return { run: () => step.run(batch), dispose: () => step.dispose() };
}

async function onTfjs(work: Workload, backend: string): Promise<Running> {
  await tf.setBackend(backend);
  const model = tfjsModel(work);
  model.compile({
    optimizer: tf.train.momentum(learningRate, momentum),
    loss: (y, p) => tf.losses.softmaxCrossEntropy(y, p),
  });
  const { x, labels } = batchOf(work);
  if (work.predicts)
    return {
      async run() {
        await tf.setBackend(backend);
        const image = tf.tensor4d(x, [work.batch, ...work.input]);
        const y = model.predict(image) as tf.Tensor;
        await y.data();
        tf.dispose([image, y]);
      },
      dispose: () => model.dispose(),
    };
  const images = tf.tensor4d(x, [work.batch, ...work.input]);
  const targets = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), work.classes), "float32");
  return {
    async run() {
      await tf.setBackend(backend);
      return model.trainOnBatch(images, targets);
    },
    dispose: () => tf.dispose([images, targets]),
  };
}

const waysOf = (work: Workload, threads: number): Record<string, () => Promise<Running>> => ({
  "Cajal onnx wasm": () => onCajal(work, { engine: "onnx", device: "wasm", threads }),
  "Cajal tfjs cpu": () => onCajal(work, { engine: "tfjs", device: "cpu" }),
  "Cajal tfjs webgl": () => onCajal(work, { engine: "tfjs", device: "webgl" }),
  "TF.js wasm": () => onTfjs(work, "wasm"),
  "TF.js cpu": () => onTfjs(work, "cpu"),
  "TF.js webgl": () => onTfjs(work, "webgl"),
  "jax-js wasm": () =>
    work.predicts
      ? jaxPrediction(work, batchOf(work))
      : jaxStep(work, batchOf(work), { learningRate, momentum }),
});

const opened = new Map<string, Running>();

async function timed({ run }: Running): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** Milliseconds of a first run after which there is no second. */
const hopeless = 30_000;

const bench: Bench = {
  ways: (workload) => Object.keys(waysOf(workloads[workload]!, 1)),
  async open(workload, way, threads) {
    setThreadsCount(threads);
    const running = await waysOf(workloads[workload]!, threads)[way]!();
    opened.set(way, running);
    const first = await timed(running); // compiles
    return first > hopeless ? first : timed(running);
  },
  async times(way, count) {
    const times: number[] = [];
    while (times.length < count) times.push(await timed(opened.get(way)!));
    return times;
  },
  async close(way) {
    await opened.get(way)?.dispose?.();
    opened.delete(way);
  },
};

env.wasm.wasmPaths = "/onnxruntime-web/";
setWasmPaths("/tfjs-backend-wasm/");
Object.assign(globalThis, { bench });
