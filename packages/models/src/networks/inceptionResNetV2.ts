// Inception-ResNet v2: "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning",
// Szegedy, Ioffe, Vanhoucke & Alemi 2016, arXiv:1602.07261. Layer names are those of Keras, whose stem is
// that of Inception v3.
import { application, classificationHead, type ApplicationOptions } from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { functional, type Functional, type Symbolic } from "../network/functional";
import { defineNetwork } from "./definition";
import { olderUrl, keras21, weightFiles } from "./shared/published";

/** Convolution, batch normalization without gamma, ReLU: filters, kernel, and how it moves. */
type Step = readonly [
  filters: number,
  kernel: number | readonly [height: number, width: number],
  moves?: { readonly strides?: 2; readonly padding: "valid" },
];

const valid = { padding: "valid" } as const;
const halving = { strides: 2, padding: "valid" } as const;

/**
 * Figures 16, 17 and 19: the blocks Inception-ResNet-A, B and C, how many of each, the branches whose sum
 * with the input they are, and the share at which they are added (section 3.3).
 */
const blocks: Record<"block35" | "block17" | "block8", Block> = {
  block35: {
    count: 10,
    channels: 320,
    scale: 0.17,
    branches: [
      [[32, 1]],
      [[32, 1], [32, 3]], // prettier-ignore
      [[32, 1], [48, 3], [64, 3]], // prettier-ignore
    ],
  },
  block17: {
    count: 20,
    channels: 1088,
    scale: 0.1,
    branches: [
      [[192, 1]],
      [[128, 1], [160, [1, 7]], [192, [7, 1]]], // prettier-ignore
    ],
  },
  block8: {
    count: 10,
    channels: 2080,
    scale: 0.2,
    branches: [
      [[192, 1]],
      [[192, 1], [224, [1, 3]], [256, [3, 1]]], // prettier-ignore
    ],
  },
};

interface Block {
  readonly count: number;
  readonly channels: number;
  readonly scale: number;
  readonly branches: readonly (readonly Step[])[];
}

/** InceptionResNetV2, 55,873,736 parameters. Images of 299 × 299, at least 75; preprocessing "tf". */
export function inceptionResNetV2(overrides: ApplicationOptions = {}): ModelConfig {
  const options = application("inception_resnet_v2", overrides, { size: 299, minSize: 75 });
  const net = functional(options.name);
  const image = net.input(options.input_shape);
  const { chain, concatenate, residual, maximum, mean } = parts(net);

  // Stem, to 35 × 35 × 192, then Mixed 5b, to 320 channels.
  let x = chain(image, [32, 3, halving], [32, 3, valid], [64, 3]);
  x = maximum(x);
  x = chain(x, [80, 1, valid], [192, 3, valid]);
  x = maximum(x);
  x = concatenate("mixed_5b", [
    chain(x, [96, 1]),
    chain(x, [48, 1], [64, 5]),
    chain(x, [64, 1], [96, 3], [96, 3]),
    chain(mean(x), [64, 1]),
  ]);
  x = residual("block35", x);

  // Reduction-A, figure 7 with k = l = 256, m = n = 384: to 17 × 17 × 1088.
  x = concatenate("mixed_6a", [
    chain(x, [384, 3, halving]),
    chain(x, [256, 1], [256, 3], [384, 3, halving]),
    maximum(x),
  ]);
  x = residual("block17", x);

  // Reduction-B, figure 18: to 8 × 8 × 2080.
  x = concatenate("mixed_7a", [
    chain(x, [256, 1], [384, 3, halving]),
    chain(x, [256, 1], [288, 3, halving]),
    chain(x, [256, 1], [288, 3], [320, 3, halving]),
    maximum(x),
  ]);
  x = residual("block8", x);

  x = net.layer("Conv2D", { name: "conv_7b", filters: 1536, kernel_size: 1, padding: "same", use_bias: false }, x); // prettier-ignore
  x = net.layer("BatchNormalization", { name: "conv_7b_bn", axis: 3, scale: false }, x);
  x = net.layer("Activation", { name: "conv_7b_ac", activation: "relu" }, x);
  return net.model([image], [classificationHead(net, x, options)]);
}

function parts(net: Functional) {
  const chain = (x: Symbolic, ...steps: readonly Step[]) => {
    for (const [filters, kernel_size, options] of steps) {
      x = net.layer(
        "Conv2D",
        { filters, kernel_size, padding: "same", use_bias: false, ...options },
        x,
      );
      x = net.layer("BatchNormalization", { axis: 3, scale: false }, x);
      x = net.layer("Activation", { activation: "relu" }, x);
    }
    return x;
  };
  const concatenate = (name: string, branches: readonly Symbolic[]) =>
    net.layer("Concatenate", { name, axis: 3 }, branches);
  const residual = (type: keyof typeof blocks, x: Symbolic) => {
    const { count, channels, scale, branches } = blocks[type];
    for (let i = 1; i <= count; i++) {
      const name = `${type}_${i}`;
      // The last of all blocks adds its branches whole, and has no activation.
      const last = type === "block8" && i === count;
      const mixed = concatenate(
        `${name}_mixed`,
        branches.map((steps) => chain(x, ...steps)),
      );
      const projection = net.layer(
        "Conv2D",
        { name: `${name}_conv`, filters: channels, kernel_size: 1, padding: "same" },
        mixed,
      );
      x = net.layer("CustomScaleLayer", { scale: last ? 1 : scale }, [x, projection]);
      if (!last) x = net.layer("Activation", { name: `${name}_ac`, activation: "relu" }, x);
    }
    return x;
  };
  return {
    chain,
    concatenate,
    residual,
    maximum: (x: Symbolic) => net.layer("MaxPooling2D", { pool_size: 3, strides: 2 }, x),
    mean: (x: Symbolic) =>
      net.layer("AveragePooling2D", { pool_size: 3, strides: 1, padding: "same" }, x),
  };
}

export const inceptionResNetV2Facts = defineNetwork({
  name: "InceptionResNetV2",
  build: inceptionResNetV2,
  paper: {
    title: "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning",
    authors: "Szegedy, Ioffe, Vanhoucke, Alemi",
    year: 2016,
    url: "https://arxiv.org/abs/1602.07261",
  },
  input: [299, 299, 3],
  preprocessing: "tf",
  published: {
    source: keras21,
    size: 215,
    top1: 0.804,
    top5: 0.953,
    params: 55873736,
    depth: { value: 572, counts: "layers" },
  },
  measured: { shortSide: 341, top1: 0.80256, top5: 0.95252 },
  weights: weightFiles(
    "inception_resnet_v2",
    "inception_resnet_v2",
    ["e693bd0210a403b3192acc6073ad2e96", "d19885ff4a710c122648d3b5c3b684e4"],
    `${olderUrl}/v0.7`,
  ),
});
