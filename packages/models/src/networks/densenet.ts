// DenseNet: "Densely Connected Convolutional Networks", Huang, Liu, van der Maaten & Weinberger 2016,
// arXiv:1608.06993. Layer names are those of Keras.
import { application, top, type ApplicationOptions } from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { functional, type Symbolic } from "../network/functional";
import { table } from "./shared/table";

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

function densenet(depth: "121" | "169" | "201", given: ApplicationOptions): ModelConfig {
  const options = application(`densenet${depth}`, given, { size: 224, least: 32 });
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
  return net.model([image], [top(net, x, options, { avg: "avg_pool", max: "max_pool" })]);
}
