// DenseNet: "Densely Connected Convolutional Networks", Huang, Liu, van der Maaten & Weinberger 2016,
// arXiv:1608.06993. Layer names are those of Keras.
import { application, classificationHead, type ApplicationOptions } from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { functional, type Symbolic } from "../network/functional";
import { table } from "./shared/table";
import { defineNetwork, type Paper, type PublishedDepth } from "./definition";
import { applications, keras21, weightFiles } from "./shared/published";

/** Table 1: pairs of a 1 × 1 and a 3 × 3 convolution in each dense block. */
// prettier-ignore
const stages = table(["stage", "121", "169", "201"], [
  [2,  6,  6,  6],
  [3, 12, 12, 12],
  [4, 24, 32, 48],
  [5, 16, 32, 32],
]);

/** Feature maps that every pair adds: k of table 1. */
const growth = 32;

/** DenseNet121, 8,062,504 parameters. Images of 224 × 224, at least 32; preprocessing "torch". */
export const densenet121 = (options: ApplicationOptions = {}): ModelConfig =>
  densenet("121", options);

/** DenseNet169, 14,307,880 parameters. Images of 224 × 224, at least 32; preprocessing "torch". */
export const densenet169 = (options: ApplicationOptions = {}): ModelConfig =>
  densenet("169", options);

/** DenseNet201, 20,242,984 parameters. Images of 224 × 224, at least 32; preprocessing "torch". */
export const densenet201 = (options: ApplicationOptions = {}): ModelConfig =>
  densenet("201", options);

function densenet(depth: "121" | "169" | "201", overrides: ApplicationOptions): ModelConfig {
  const options = application(`densenet${depth}`, overrides, { size: 224, minSize: 32 });
  const net = functional(options.name);
  const image = net.input(options.input_shape);
  const conv = (name: string, filters: number, kernel_size: number, x: Symbolic) =>
    net.layer("Conv2D", { name, filters, kernel_size, padding: "same", use_bias: false }, x);
  const normalize = (name: string, x: Symbolic) =>
    net.layer("BatchNormalization", { name, axis: 3, epsilon: 1.001e-5 }, x);
  const relu = (name: string, x: Symbolic) =>
    net.layer("Activation", { name, activation: "relu" }, x);

  let x = net.layer("ZeroPadding2D", { padding: 3 }, image);
  x = net.layer(
    "Conv2D",
    { name: "conv1_conv", filters: 64, kernel_size: 7, strides: 2, use_bias: false },
    x,
  );
  x = normalize("conv1_bn", x);
  x = relu("conv1_relu", x);
  x = net.layer("ZeroPadding2D", { padding: 1 }, x);
  x = net.layer("MaxPooling2D", { name: "pool1", pool_size: 3, strides: 2 }, x);

  let channels = 64;
  for (const { stage, [depth]: pairs } of stages) {
    for (let pair = 1; pair <= pairs; pair++) {
      const name = `conv${stage}_block${pair}`;
      let grown = normalize(`${name}_0_bn`, x);
      grown = relu(`${name}_0_relu`, grown);
      grown = net.layer(
        "Conv2D",
        { name: `${name}_1_conv`, filters: 4 * growth, kernel_size: 1, use_bias: false },
        grown,
      );
      grown = normalize(`${name}_1_bn`, grown);
      grown = relu(`${name}_1_relu`, grown);
      grown = conv(`${name}_2_conv`, growth, 3, grown);
      x = net.layer("Concatenate", { name: `${name}_concat`, axis: 3 }, [x, grown]);
      channels += growth;
    }
    if (stage === 5) continue;
    // Transition: half of the feature maps (θ = 0.5), half of the size.
    channels = Math.floor(channels / 2);
    x = normalize(`pool${stage}_bn`, x);
    x = relu(`pool${stage}_relu`, x);
    x = net.layer(
      "Conv2D",
      { name: `pool${stage}_conv`, filters: channels, kernel_size: 1, use_bias: false },
      x,
    );
    x = net.layer("AveragePooling2D", { name: `pool${stage}_pool`, pool_size: 2, strides: 2 }, x);
  }
  x = normalize("bn", x);
  x = relu("relu", x);
  return net.model(
    [image],
    [classificationHead(net, x, options, { avg: "avg_pool", max: "max_pool" })],
  );
}

const densenetPaper: Paper = {
  title: "Densely Connected Convolutional Networks",
  authors: "Huang, Liu, van der Maaten, Weinberger",
  year: 2016,
  url: "https://arxiv.org/abs/1608.06993",
};

const depthOfPaper = (value: number): PublishedDepth => ({
  value,
  counts: "convolutions and dense layers",
  note: "Came to the table later, by another author, with the paper's count.",
});

export const densenet121Facts = defineNetwork({
  name: "DenseNet121",
  build: densenet121,
  paper: densenetPaper,
  input: [224, 224, 3],
  preprocessing: "torch",
  published: {
    source: keras21,
    size: 33,
    top1: 0.745,
    top5: 0.918,
    params: 8062504,
    depth: depthOfPaper(121),
  },
  measured: { shortSide: 256, top1: 0.74972, top5: 0.92258 },
  weights: weightFiles(
    "densenet",
    "densenet121",
    ["9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"],
    `${applications}/densenet`,
  ),
});

export const densenet169Facts = defineNetwork({
  name: "DenseNet169",
  build: densenet169,
  paper: densenetPaper,
  input: [224, 224, 3],
  preprocessing: "torch",
  published: {
    source: keras21,
    size: 57,
    top1: 0.759,
    top5: 0.928,
    params: 14307880,
    depth: depthOfPaper(169),
  },
  measured: { shortSide: 256, top1: 0.76176, top5: 0.93176 },
  weights: weightFiles(
    "densenet",
    "densenet169",
    ["d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"],
    `${applications}/densenet`,
  ),
});

export const densenet201Facts = defineNetwork({
  name: "DenseNet201",
  build: densenet201,
  paper: densenetPaper,
  input: [224, 224, 3],
  preprocessing: "torch",
  published: {
    source: keras21,
    size: 80,
    top1: 0.77,
    top5: 0.933,
    params: 20242984,
    depth: depthOfPaper(201),
  },
  measured: { shortSide: 256, top1: 0.7732, top5: 0.9362 },
  weights: weightFiles(
    "densenet",
    "densenet201",
    ["1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"],
    `${applications}/densenet`,
  ),
});
