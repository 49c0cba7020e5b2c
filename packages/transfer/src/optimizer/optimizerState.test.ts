// The optimizer's state in the files of older Keras and of TF.js.
import { readFileSync } from "node:fs";
import { tensor, type Tensor } from "@cajal/core";
import { bytesSource, openHdf5 } from "@cajal/files";
import { functional, resolve } from "@cajal/models";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { readModel } from "../readModel";
import { encodeModel } from "../writeModel";
import { readState, writtenState } from "./optimizerState";
import { optimizerOf } from "./trainingConfig";

const firstOf = ({ data }: Tensor) => Array.from(data.slice(0, 1000), Number);
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer, byteOffset, byteLength);

/** What lies in a file under the names that its Keras gave. */
async function datasets(path: string): Promise<(name: string) => Promise<Tensor>> {
  const root = await openHdf5(bytesSource(readFileSync(path)));
  return async (name) => {
    const found = await root.get(`optimizer_weights/${name}`);
    if (found?.kind !== "dataset") throw new Error(`no ${name}`);
    return found.read();
  };
}

/** A file, how many variables its optimizer has in Keras 3, and where the file has some of them. */
const files: readonly (readonly [file: string, size: number, at: Readonly<Record<string, string>>])[] = [
  ["reference/files/old/tf_cnn.h5", 22, {
    "conv1/conv/kernel/momentum": "Adam/conv1/conv/kernel/m:0",
    "predictions/bias/velocity": "Adam/predictions/bias/v:0",
    "sep/pointwise_kernel/velocity": "Adam/sep/pointwise_kernel/v:0",
  }],
  ["reference/files/old/tf_nested.h5", 10, { "flag/bias/velocity": "RMSprop/flag/bias/rms:0" }],
  ["data/real-models/h5/keras-2.12.0_cifar10_cnn.h5", 18, {
    "conv2d/kernel/velocity": "Adam/v/conv2d/kernel:0",
    "dense_1/bias/momentum": "Adam/m/dense_1/bias:0",
  }],
  ["data/real-models/h5/keras-2.14.0_mnist_cnn.h5", 22, { "conv2d/bias/momentum": "Adam/m/conv2d/bias:0" }],
  ["data/real-models/h5/keras-2.3.1_mnist_cnn.h5", 12, {
    "conv2d_1/kernel/velocity": "training/RMSprop/accumulator_0_1:0",
    "dense_2/bias/velocity": "training/RMSprop/accumulator_9_1:0",
  }],
  ["data/real-models/h5/keras-2.0.5_fer2013_mini_XCEPTION.102-0.66.hdf5", 106, {
    iteration: "iterations_1:0",
    "batch_normalization_10/beta/momentum": "Variable_104:0",
    "batch_normalization_1/gamma/velocity": "Variable_167:0",
  }],
]; // prettier-ignore

describe("of Keras before 3", () => {
  for (const [file, size, at] of files)
    describeWithShared(file, file, (path) => {
      it("is read under its weights' names, and survives", async () => {
        const read = await readModel(path, { optimizer: true });
        const state = read.optimizerState!;
        expect(state.size).toBe(size);
        const inFile = await datasets(path);
        for (const [key, name] of Object.entries(at))
          expect(firstOf(state.get(key)!), key).toEqual(firstOf(await inFile(name)));
        for (const format of ["keras", "h5"] as const) {
          const back = await readModel(new Map(encodeModel(read, { format })), { optimizer: true });
          // Keras 3 has no slashes in layers' names: "conv1/conv" is "conv1_conv" there.
          const level = ([key, { data }]: [string, Tensor]) => [key.replaceAll("/", "_"), data] as const; // prettier-ignore
          const written = new Map([...back.optimizerState!].map(level));
          for (const [key, data] of [...state].map(level))
            expect(bytesOf(written.get(key)!).equals(bytesOf(data)), key).toBe(true);
        }
      });
    });

  it("has its options under the names of today, and its decay as a schedule", () => {
    const config = { lr: 0.5, momentum: 0.25, nesterov: true, decay: 0.125 };
    expect(optimizerOf({ optimizer_config: { class_name: "SGD", config } })).toEqual({
      class_name: "SGD",
      config: {
        learning_rate: expect.objectContaining({
          class_name: "InverseTimeDecay",
          config: { initial_learning_rate: 0.5, decay_steps: 1, decay_rate: 0.125, staircase: false }, // prettier-ignore
        }),
        momentum: 0.25,
        nesterov: true,
      },
    });
  });
});

describe("of Keras 3", () => {
  const net = functional("s");
  const x = net.input([3]);
  const network = resolve(net.model(x, net.layer("Dense", { units: 2, name: "a" }, x)));
  // The variables of a file that Keras 3.15.1 wrote, in their order, without their prefix.
  it.each<[string, string[], string[]?, object?]>([
    [
      "Adadelta",
      [
        "a_kernel_accumulated_grad",
        "a_kernel_accumulated_delta_var",
        "a_bias_accumulated_grad",
        "a_bias_accumulated_delta_var",
      ],
    ],
    ["Adamax", ["a_kernel_momentum", "a_kernel_norm", "a_bias_momentum", "a_bias_norm"]],
    [
      "Nadam",
      ["a_kernel_momentum", "a_kernel_velocity", "a_bias_momentum", "a_bias_velocity", "variable"],
    ],
    ["Lion", ["a_kernel_momentum", "a_bias_momentum"]],
    ["Lamb", ["a_kernel_momentum", "a_kernel_velocity", "a_bias_momentum", "a_bias_velocity"]],
    ["Ftrl", ["a_kernel_accumulator", "a_kernel_linear", "a_bias_accumulator", "a_bias_linear"]],
    ["Muon", ["a_kernel_momentum", "a_bias_momentum", "a_bias_velocity"], ["a/kernel/velocity"]],
    [
      "Muon",
      ["a_kernel_momentum", "a_kernel_velocity", "a_bias_momentum", "a_bias_velocity"],
      [],
      { exclude_layers: ["^a"] },
    ],
  ])("%s has its variables in Keras' order", async (class_name, names, zeros = [], more = {}) => {
    const config = { learning_rate: 0.5, beta_1: 0.9, ...more };
    const training = { optimizer: { class_name, config } };
    const all = ["iteration", "learning_rate", ...names];
    const stored = all.map((name, i) => {
      const shape = /kernel/.test(name) ? [3, 2] : /bias/.test(name) ? [2] : [];
      const value =
        name === "iteration"
          ? tensor("int64", [], [6])
          : tensor("float32", shape, Array(shape.reduce((a, b) => a * b, 1)).fill(i));
      return { name, shape, read: () => Promise.resolve(value) };
    });
    const read = (await readState(training, network, stored))!;
    const state = new Map(read);
    for (const key of zeros) {
      expect(state.get(key)!.data.every((each) => Number(each) === 0)).toBe(true);
      state.delete(key);
    }
    expect([...state.keys()].map((key) => key.replaceAll("/", "_"))).toEqual(
      all.filter((name) => name !== "variable"),
    );
    const written = writtenState(training, read, network)!;
    expect(written.map(([name]) => name)).toEqual(all);
    for (const [i, [name, value]] of written.entries())
      // The product of Nadam's momenta after six steps, as Keras computed it.
      if (name === "variable") expect(value.data[0]).toBeCloseTo(0.017233334481716156, 8);
      else expect(value).toEqual(await stored[i]!.read());
  });
});

describe("of TF.js", () => {
  beforeAll(() => tf.setBackend("cpu"));

  const optimizers: Record<string, () => tf.Optimizer> = {
    sgd: () => tf.train.sgd(0.1),
    momentum: () => tf.train.momentum(0.1, 0.5),
    adam: () => tf.train.adam(0.1),
    rmsprop: () => tf.train.rmsprop(0.1, 0.5, 0.25),
    adagrad: () => tf.train.adagrad(0.1),
  };
  const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
  const y = tf.tensor2d([1, 0], [2, 1]);

  it.each(Object.keys(optimizers))("%s goes on, read and written", async (name) => {
    const kernelInitializer = tfl.initializers.glorotUniform({ seed: 1 });
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({
          units: 4,
          inputShape: [3],
          activation: "tanh",
          name: "first",
          kernelInitializer,
        }),
        tfl.layers.dense({ units: 1, name: "second", kernelInitializer }),
      ],
    });
    model.compile({ optimizer: optimizers[name]!(), loss: "meanSquaredError" });
    for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
    let saved: tf.io.ModelArtifacts | undefined;
    const keep = async (artifacts: tf.io.ModelArtifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" as const } };
    };
    await model.save({ save: keep }, { includeOptimizer: true });
    const { weightSpecs, weightData, ...rest } = saved!;
    const bytes = tf.io.CompositeArrayBuffer.join(weightData);
    const json = { ...rest, weightsManifest: [{ paths: ["w.bin"], weights: weightSpecs }] };
    const read = await readModel(
      new Map([
        ["model.json", new TextEncoder().encode(JSON.stringify(json))],
        ["w.bin", new Uint8Array(bytes)],
      ]),
      { optimizer: true },
    );
    expect(Number(read.optimizerState!.get("iteration")!.data[0])).toBe(3);
    if (name === "adam") {
      const { tensor } = (await model.optimizer.getWeights())[1]!;
      expect(read.optimizerState!.get("first/kernel/momentum")!.data).toEqual(await tensor.data());
    }
    // Through a file of Keras, and back.
    const keras = await readModel(new Map(encodeModel(read, { format: "keras" })), { optimizer: true }); // prettier-ignore
    expect(keras.optimizerState).toEqual(read.optimizerState);
    const [topology, ...shards] = [...encodeModel(keras, { format: "tfjs" }).values()];
    const again = JSON.parse(new TextDecoder().decode(topology)) as tf.io.ModelJSON;
    const other = await tfl.loadLayersModel({
      load: async () => ({
        modelTopology: again.modelTopology,
        weightSpecs: again.weightsManifest.flatMap(({ weights }) => weights),
        weightData: new Uint8Array(Buffer.concat(shards)).buffer,
        trainingConfig: again.trainingConfig!,
      }),
    });
    for (const each of [model, other])
      for (let step = 0; step < 2; step++) await each.trainOnBatch(x, y);
    for (const [i, weight] of model.getWeights().entries()) {
      const [expected, got] = [await weight.data(), await other.getWeights()[i]!.data()];
      got.forEach((value, k) => expect(value).toBeCloseTo(expected[k]!, 5));
    }
  });
});
