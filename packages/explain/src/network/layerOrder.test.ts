// Layers of Keras models lie as Keras has them, however they lie inside: on engine onnx as on TF.js, which knows no other.
import { random, tensor } from "@cajal/core";
import { functional, type ModelConfig } from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { expect, it } from "vitest";
import { openExplainer } from "..";
import { difference } from "../../testing/reference";

const numbers = random(5, "layers");
const noise = (shape: readonly number[]) =>
  tensor("float32", shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => numbers.normal())); // prettier-ignore

/** A normalization over channels, which is computed with them last; rescaling before all; sequences. */
const models: Readonly<Record<string, () => readonly [ModelConfig, readonly number[]]>> = {
  images: () => {
    const net = functional("images");
    const image = net.input([6, 5, 2]);
    const scaled = net.layer("Rescaling", { name: "rescaling", scale: 0.5 }, image);
    const conv = net.layer("Conv2D", { name: "conv", filters: 3, kernel_size: 2 }, scaled);
    const norm = net.layer("LayerNormalization", { name: "norm" }, conv);
    const act = net.layer("Activation", { name: "act", activation: "tanh" }, norm);
    const pool = net.layer("GlobalMaxPooling2D", { name: "pool" }, act);
    return [net.model(image, net.layer("Dense", { name: "scores", units: 3 }, pool)), [6, 5, 2]];
  },
  flattened: () => {
    const net = functional("flattened");
    const image = net.input([4, 3, 2]);
    const conv = net.layer("Conv2D", { name: "conv", filters: 3, kernel_size: 2 }, image);
    const flat = net.layer("Flatten", { name: "flat" }, conv);
    const act = net.layer("Activation", { name: "act", activation: "tanh" }, flat);
    return [net.model(image, net.layer("Dense", { name: "scores", units: 3 }, act)), [4, 3, 2]];
  },
  "flattened sequences": () => {
    const net = functional("sequences");
    const x = net.input([7, 2]);
    const conv = net.layer("Conv1D", { name: "conv", filters: 3, kernel_size: 2 }, x);
    const flat = net.layer("Flatten", { name: "flat" }, conv);
    const drop = net.layer("Dropout", { name: "drop", rate: 0.5 }, flat);
    return [net.model(x, net.layer("Dense", { name: "scores", units: 3 }, drop)), [7, 2]];
  },
  sequences: () => {
    const net = functional("sequences");
    const x = net.input([7, 2]);
    const conv = net.layer("Conv1D", { name: "conv", filters: 3, kernel_size: 2 }, x);
    const norm = net.layer("BatchNormalization", { name: "norm" }, conv);
    const act = net.layer("Activation", { name: "act", activation: "relu" }, norm);
    const pool = net.layer("GlobalAveragePooling1D", { name: "pool" }, act);
    return [net.model(x, net.layer("Dense", { name: "scores", units: 3 }, pool)), [7, 2]];
  },
};

it.each(Object.keys(models))("of %s", async (name) => {
  const [model, shape] = models[name]!();
  const weights = initialize(model, { seed: 2 });
  const x = noise([2, ...shape]);
  await using onnx = await openExplainer(model, weights, { engine: "onnx", device: "cpu" });
  await using tfjs = await openExplainer(model, weights, { engine: "tfjs", device: "cpu" });
  expect(tfjs.layers).toEqual(onnx.layers);
  for (const { name: layer } of onnx.layers) {
    const asked = { method: "layer-gradient-x-activation", layer, target: [2, 0] } as const;
    const maps = [onnx, tfjs].map(async (each) => (await each.attribute(x, asked)).map);
    const [ours, theirs] = await Promise.all(maps);
    expect(ours!.shape, layer).toEqual(theirs!.shape);
    expect(difference(ours!.data, Array.from(theirs!.data)), layer).toBeLessThan(1e-4);
  }
  if (name === "images") {
    // Behind the last convolution, and its normalization, as far as maps are as large.
    expect([onnx.mapLayer, tfjs.mapLayer]).toEqual(["act", "act"]);
    const cams = [onnx, tfjs].map((each) => each.attribute(x, { method: "grad-cam", target: 1 }));
    const [ours, theirs] = await Promise.all(cams);
    expect(ours!.cam!.shape).toEqual([2, 5, 4]);
    expect(difference(ours!.cam!.data, Array.from(theirs!.cam!.data))).toBeLessThan(1e-4);
  }
});

// A convolution that hands its pixels on: unit 5 of the flattened [2, 2, 2] is channel 1 of the pixel (1, 0), which is
// number 5 of the image too.
it.each(["onnx", "tfjs"] as const)("one unit of a flattened layer, on engine %s", async (engine) => {
  const net = functional("units");
  const image = net.input([2, 2, 2]);
  const conv = net.layer("Conv2D", { name: "conv", filters: 2, kernel_size: 1, use_bias: false }, image); // prettier-ignore
  const flat = net.layer("Flatten", { name: "flat" }, conv);
  const model = net.model(image, net.layer("Dense", { name: "scores", units: 2 }, flat));
  const weights = new Map([...initialize(model, { seed: 1 }), ["conv/kernel", tensor("float32", [1, 1, 2, 2], [1, 0, 0, 1])] as const]); // prettier-ignore
  await using explainer = await openExplainer(model, weights, { engine, device: "cpu" });
  const unit5 = [0, 0, 0, 0, 0, 1, 0, 0];
  const x = noise([2, 2, 2]);
  const { map: units } = await explainer.attribute(x, { method: "layer-activation", layer: "flat" });
  expect(units.data).toEqual(x.data);
  const { map } = await explainer.attribute(x, { method: "neuron-gradient", layer: "flat", neuron: [5] }); // prettier-ignore
  expect(Array.from(map.data)).toEqual(unit5);
  const step = { layer: "flat", channel: 5, steps: 1, optimizer: "sgd", learningRate: 1 } as const;
  const { first } = await explainer.maximize({ ...step, image: tensor("float32", [2, 2, 2]) });
  expect(Array.from(first.data)).toEqual(unit5);
}); // prettier-ignore

it("takes a normalization of a sequence as part of the convolution before it, in relevances too", async () => {
  const [withNormalization, without] = [true, false].map((normalized) => {
    const net = functional("net");
    const x = net.input([7, 2]);
    const conv = net.layer("Conv1D", { name: "conv", filters: 2, kernel_size: 3 }, x);
    const norm = normalized ? net.layer("BatchNormalization", { name: "norm" }, conv) : conv;
    const act = net.layer("Activation", { name: "act", activation: "relu" }, norm);
    const flat = net.layer("Flatten", {}, act);
    return net.model(x, net.layer("Dense", { name: "scores", units: 2 }, flat));
  });
  const [kernel, scores] = [noise([3, 2, 2]), noise([10, 2])];
  const [bias, gamma, beta, mean] = [
    [0.1, -0.2],
    [2, 0.5],
    [0.3, -0.1],
    [0.2, 0.4],
  ] as const;
  const two = (values: readonly number[]) => tensor("float32", [2], values);
  const shared = [["scores/kernel", scores], ["scores/bias", two([0, 0])]] as const; // prettier-ignore
  // Keras' epsilon is 0.001: by the standard deviation 1 nothing is divided.
  const normalized = new Map([...shared, ["conv/kernel", kernel], ["conv/bias", two(bias)], ["norm/gamma", two(gamma)], ["norm/beta", two(beta)], ["norm/moving_mean", two(mean)], ["norm/moving_variance", two([0.999, 0.999])]]); // prettier-ignore
  const folded = new Map([
    ...shared,
    ["conv/kernel", tensor("float32", [3, 2, 2], kernel.data.map((w, i) => w * gamma[i % 2]!))],
    ["conv/bias", two(bias.map((b, i) => (b - mean[i]!) * gamma[i]! + beta[i]!))],
  ]); // prettier-ignore
  await using first = await openExplainer(withNormalization!, normalized);
  await using second = await openExplainer(without!, folded);
  const x = noise([1, 7, 2]);
  const [ours, expected] = await Promise.all([first, second].map((each) => each.attribute(x, { method: "lrp", target: 1 }))); // prettier-ignore
  expect(difference(ours!.map.data, Array.from(expected!.map.data))).toBeLessThan(1e-5);
});
