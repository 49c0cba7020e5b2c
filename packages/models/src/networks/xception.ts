// Xception: "Deep Learning with Depthwise Separable Convolutions", Chollet 2016, arXiv:1610.02357.
// Layer names are those of Keras.
import { application, classificationHead, type ApplicationOptions } from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { functional, type Symbolic } from "../network/functional";
import { defineNetwork } from "./definition";
import { olderUrl, keras21, weightFiles } from "./shared/published";

/**
 * Figure 5: the separable 3 × 3 convolutions of each block. What runs beside them: a strided 1 × 1
 * convolution (then the block ends in a pooling), the block's input itself, or nothing.
 */
const blocks = [
  // entry flow
  { block: 2, filters: [128, 128], beside: "convolution" },
  { block: 3, filters: [256, 256], beside: "convolution" },
  { block: 4, filters: [728, 728], beside: "convolution" },
  // middle flow, eight times
  ...[5, 6, 7, 8, 9, 10, 11, 12].map((block) => ({
    block,
    filters: [728, 728, 728],
    beside: "input",
  })),
  // exit flow
  { block: 13, filters: [728, 1024], beside: "convolution" },
  { block: 14, filters: [1536, 2048], beside: "nothing" },
];

/** Xception, 22,910,480 parameters. Images of 299 × 299, at least 71; preprocessing "tf". */
export function xception(overrides: ApplicationOptions = {}): ModelConfig {
  const options = application("xception", overrides, { size: 299, minSize: 71 });
  const net = functional(options.name);
  const image = net.input(options.input_shape);
  const relu = (name: string, x: Symbolic) =>
    net.layer("Activation", { name, activation: "relu" }, x);
  const normalize = (x: Symbolic, name?: string) => net.layer("BatchNormalization", { name }, x);

  let x = image;
  for (const { name, filters, strides } of [
    { name: "block1_conv1", filters: 32, strides: 2 },
    { name: "block1_conv2", filters: 64, strides: 1 },
  ]) {
    x = net.layer("Conv2D", { name, filters, kernel_size: 3, strides, use_bias: false }, x);
    x = normalize(x, `${name}_bn`);
    x = relu(`${name}_act`, x);
  }

  for (const { block, filters, beside } of blocks) {
    const last = block === 14;
    let shortcut = x;
    if (beside === "convolution") {
      const filterCount = filters.at(-1)!;
      shortcut = net.layer(
        "Conv2D",
        { filters: filterCount, kernel_size: 1, strides: 2, padding: "same", use_bias: false },
        shortcut,
      );
      shortcut = normalize(shortcut);
    }
    for (const [i, filterCount] of filters.entries()) {
      const name = `block${block}_sepconv${i + 1}`;
      // Activation comes before the convolution, but in the last block, and where it was just done.
      if (!last && !(block === 2 && i === 0)) x = relu(`${name}_act`, x);
      x = net.layer(
        "SeparableConv2D",
        { name, filters: filterCount, kernel_size: 3, padding: "same", use_bias: false },
        x,
      );
      x = normalize(x, `${name}_bn`);
      if (last) x = relu(`${name}_act`, x);
    }
    if (beside === "convolution")
      x = net.layer(
        "MaxPooling2D",
        { name: `block${block}_pool`, pool_size: 3, strides: 2, padding: "same" },
        x,
      );
    if (beside !== "nothing") x = net.layer("Add", {}, [x, shortcut]);
  }
  return net.model([image], [classificationHead(net, x, options)]);
}

export const xceptionFacts = defineNetwork({
  name: "Xception",
  build: xception,
  paper: {
    title: "Xception: Deep Learning with Depthwise Separable Convolutions",
    authors: "Chollet",
    year: 2016,
    url: "https://arxiv.org/abs/1610.02357",
  },
  input: [299, 299, 3],
  preprocessing: "tf",
  published: {
    source: keras21,
    size: 88,
    top1: 0.79,
    top5: 0.945,
    params: 22910480,
    depth: { value: 126, counts: "layers" },
  },
  measured: { shortSide: 341, top1: 0.79006, top5: 0.94452 },
  weights: weightFiles(
    "xception",
    "xception",
    ["0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"],
    `${olderUrl}/v0.4`,
  ),
});
