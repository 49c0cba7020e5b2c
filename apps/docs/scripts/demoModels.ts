// Trains the two small networks that the site's demos run, and writes them with what the demos show before they start,
// into .vitepress/theme/demos/models. Five minutes of processor time:
//   nice node scripts/run-source.mjs apps/docs/scripts/demoModels.ts [vae|unet|forecast]
// decoder.onnx: the second half of a variational autoencoder with two latent numbers (Kingma and Welling 2013,
// arXiv:1312.6114) of the digits of @cajal/datasets. unet.onnx: lesson 12's U-Net on shapes. Weights are float16.
// forecast.still.json: what the forecast demo's network, which learns in the page, says of the series it begins with.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { random, tensor, type Tensor, type Weights } from "@cajal/core";
import { contactSheet, dataset, digits, rescale, shapes } from "@cajal/datasets";
import { encodePng, pictureOf } from "@cajal/explain";
import {
  functional,
  toOnnx,
  type Functional,
  type ModelConfig,
  type Symbolic,
} from "@cajal/models";
import { encodeModel, float16Weights } from "@cajal/onnx";
import { open, type Loss } from "@cajal/runtime";
import { adam, meanIoU, train, type TrainOptions } from "@cajal/train";
import { forecaster } from "../.vitepress/theme/demos/forecast";
import { begin, picture, side } from "../.vitepress/theme/demos/scene";
import * as series from "../.vitepress/theme/demos/series";

const folder = fileURLToPath(new URL("../.vitepress/theme/demos/models/", import.meta.url));
const all = { vae, unet, forecast };
for (const [name, record] of Object.entries(all))
  if ([name, undefined].includes(process.argv[2])) await record();

async function learned(
  model: ModelConfig,
  data: Parameters<typeof train>[1],
  options: TrainOptions,
): Promise<Weights> {
  for await (const event of train(model, data, { seed: 1, ...options })) {
    if (event.type === "epoch") console.log(event.epoch + 1, event.loss, event.validation?.metrics);
    if (event.type === "end") return event.weights;
  }
  throw new Error("It did not end.");
}

function write(name: string, model: ModelConfig, weights: Weights): Uint8Array {
  const bytes = encodeModel(float16Weights(toOnnx(model, weights)));
  writeFileSync(`${folder}${name}.onnx`, bytes);
  console.log(name, bytes.length, "bytes");
  return bytes;
}

async function vae(): Promise<void> {
  const decoded = (net: Functional, z: Symbolic) => {
    let x = net.layer("Dense", { units: 48, activation: "relu", name: "d_1" }, z);
    x = net.layer("Dense", { units: 96, activation: "relu", name: "d_2" }, x);
    return net.layer("Dense", { units: 64, activation: "sigmoid", name: "pixels" }, x);
  };
  const net = functional("vae");
  const image = net.input([64], { name: "image" });
  const epsilon = net.input([2], { name: "epsilon" });
  let x = net.layer("Dense", { units: 96, activation: "relu", name: "e_1" }, image);
  x = net.layer("Dense", { units: 48, activation: "relu", name: "e_2" }, x);
  const mean = net.layer("Dense", { units: 2, name: "mean" }, x);
  const logVariance = net.layer("Dense", { units: 2, name: "log_variance" }, x);
  const half = net.layer("Rescaling", { scale: 0.5 }, logVariance);
  const noise = net.layer("Multiply", {}, [net.layer("Activation", { activation: "exponential" }, half), epsilon]); // prettier-ignore
  const pixels = decoded(net, net.layer("Add", {}, [mean, noise]));
  const model = net.model([image, epsilon], [pixels, mean, logVariance]);

  // The divergence from the normal distribution, ½ Σ (μ² + σ² − 1 − ln σ²), is a sum over its two outputs.
  const ofMean: Loss = { name: "kl_mean", compute: (ops, _, y) => ops.reduceSum(ops.mul(0.5, ops.mul(y, y)), { axes: [-1] }) }; // prettier-ignore
  const ofVariance: Loss = { name: "kl_variance", compute: (ops, _, y) => ops.reduceSum(ops.mul(0.5, ops.sub(ops.sub(ops.exp(y), 1), y)), { axes: [-1] }) }; // prettier-ignore
  const all = await digits().map(rescale(1 / 16)).all(); // prettier-ignore
  const n = all.y.data.length;
  const flat = tensor("float32", [n, 64], all.x.data.slice());
  const draw = random(1, "epsilon");
  const data = dataset({ x: flat, y: all.y }).map(({ x }) => {
    const zeros = tensor("float32", [x.shape[0]!, 2]);
    const epsilon = tensor("float32", zeros.shape, Float32Array.from(zeros.data, () => draw.normal())); // prettier-ignore
    return { x: { image: x, epsilon }, y: { pixels: x, mean: zeros, log_variance: zeros } };
  });
  const { binaryCrossentropy } = await import("@cajal/train");
  const weights = await learned(model, data, {
    epochs: 150,
    batchSize: 32,
    optimizer: adam({ learningRate: 0.002 }),
    loss: { pixels: binaryCrossentropy(), mean: ofMean, log_variance: ofVariance },
    lossWeights: { pixels: 64, mean: 0.5, log_variance: 0.5 },
  });
  const second = functional("decoder");
  const z = second.input([2], { name: "z" });
  const decoder = second.model(z, decoded(second, z));
  const bytes = write("decoder", decoder, new Map([...weights].filter(([name]) => /^(d_|pixels)/.test(name)))); // prettier-ignore
  await using session = await open(bytes);
  const steps = Array.from({ length: 11 }, (_, i) => -2.5 + 0.5 * i);
  const grid = steps.toReversed().flatMap((up) => steps.flatMap((right) => [right, up]));
  const drawn = await session.predict(tensor("float32", [121, 2], grid));
  const sheet = contactSheet(tensor("float32", [121, 8, 8, 1], drawn.data as Float32Array), { columns: 11 }); // prettier-ignore
  writeFileSync(`${folder}latent.png`, await encodePng(pictureOf(sheet, { pixels: [0, 255] })));
}

async function unet(): Promise<void> {
  const net = functional("unet");
  const twice = (x: Symbolic, filters: number) => {
    for (let i = 0; i < 2; i++) {
      x = net.layer("Conv2D", { filters, kernel_size: 3, padding: "same", use_bias: false }, x);
      x = net.layer("ReLU", {}, net.layer("BatchNormalization", { momentum: 0.9 }, x));
    }
    return x;
  };
  const widths = [8, 16, 24];
  const image = net.input([side, side, 3], { name: "image" });
  const skips: Symbolic[] = [];
  let x = image;
  for (const filters of widths.slice(0, -1)) {
    skips.push((x = twice(x, filters)));
    x = net.layer("MaxPooling2D", {}, x);
  }
  x = twice(x, widths.at(-1)!);
  for (const [i, skip] of [...skips.entries()].toReversed()) {
    x = net.layer("Conv2DTranspose", { filters: widths[i]!, kernel_size: 2, strides: 2 }, x);
    x = twice(net.layer("Concatenate", {}, [skip, x]), widths[i]!);
  }
  const model = net.model(image, net.layer("Conv2D", { filters: 4, kernel_size: 1, activation: "softmax" }, x)); // prettier-ignore
  const weights = await learned(model, shapes({ n: 1200, size: side, seed: 1 }), {
    epochs: 12,
    batchSize: 16,
    optimizer: adam({ learningRate: 0.005 }),
    loss: "sparse_categorical_crossentropy",
    validation: shapes({ n: 100, size: side, seed: 2 }).batch(50),
    metrics: [meanIoU()],
  });
  const bytes = write("unet", model, weights);
  await using session = await open(bytes);
  const answer = await session.predict(tensor("float32", [1, side, side, 3], picture(begin)));
  writeFileSync(`${folder}unet.still.json`, `${JSON.stringify(classesOf(answer).join(""))}\n`);
}

/** The likeliest class of each pixel. */
function classesOf({ data }: Tensor): number[] {
  return Array.from({ length: data.length / 4 }, (_, i) => {
    const row = Array.from(data.subarray(4 * i, 4 * i + 4), Number);
    return row.indexOf(Math.max(...row));
  });
}

async function forecast(): Promise<void> {
  const learned = await forecaster({ engine: "onnx", device: "wasm" });
  let last: unknown;
  for await (const each of learned(series.begin.map((value) => value / 100))) last = each;
  const text = JSON.stringify(last, (_, value) => (typeof value === "number" ? Number(value.toPrecision(4)) : value)); // prettier-ignore
  writeFileSync(`${folder}forecast.still.json`, `${text}\n`);
  console.log(text);
}
