// Inception v3: "Rethinking the Inception Architecture for Computer Vision",
// Szegedy, Vanhoucke, Ioffe, Shlens & Wojna 2015, arXiv:1512.00567. Layer names are those of Keras.
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
/** Rows and columns of a square kernel taken one after the other: figures 6 and 7. */
const wide = (n: number) => [1, n] as const;
const tall = (n: number) => [n, 1] as const;

/** InceptionV3, 23,851,784 parameters. Images of 299 × 299, at least 75; preprocessing "tf". */
export function inceptionV3(overrides: ApplicationOptions = {}): ModelConfig {
  const options = application("inception_v3", overrides, { size: 299, minSize: 75 });
  const net = functional(options.name);
  const image = net.input(options.input_shape);
  const { chain, concatenate, maximum, mean } = parts(net);

  // The first lines of table 1, down to 35 × 35 × 192.
  let x = chain(image, [32, 3, halving], [32, 3, valid], [64, 3]);
  x = maximum(x);
  x = chain(x, [80, 1, valid], [192, 3, valid]);
  x = maximum(x);

  // Figure 5, at 35 × 35.
  for (const [i, poolFilters] of [32, 64, 64].entries())
    x = concatenate(`mixed${i}`, [
      chain(x, [64, 1]),
      chain(x, [48, 1], [64, 5]),
      chain(x, [64, 1], [96, 3], [96, 3]),
      chain(mean(x), [poolFilters, 1]),
    ]);

  x = concatenate("mixed3", [
    chain(x, [384, 3, halving]),
    chain(x, [64, 1], [96, 3], [96, 3, halving]),
    maximum(x),
  ]);

  // Figure 6 with n = 7, at 17 × 17.
  for (const [i, c] of [128, 160, 160, 192].entries())
    x = concatenate(`mixed${4 + i}`, [
      chain(x, [192, 1]),
      chain(x, [c, 1], [c, wide(7)], [192, tall(7)]),
      chain(x, [c, 1], [c, tall(7)], [c, wide(7)], [c, tall(7)], [192, wide(7)]),
      chain(mean(x), [192, 1]),
    ]);

  x = concatenate("mixed8", [
    chain(x, [192, 1], [320, 3, halving]),
    chain(x, [192, 1], [192, wide(7)], [192, tall(7)], [192, 3, halving]),
    maximum(x),
  ]);

  // Figure 7, at 8 × 8: rows and columns side by side.
  for (const i of [0, 1]) {
    const single = chain(x, [320, 1]);
    const entry = chain(x, [384, 1]);
    const split = concatenate(`mixed9_${i}`, [
      chain(entry, [384, wide(3)]),
      chain(entry, [384, tall(3)]),
    ]);
    const doubleEntry = chain(x, [448, 1], [384, 3]);
    const double = concatenate(undefined, [
      chain(doubleEntry, [384, wide(3)]),
      chain(doubleEntry, [384, tall(3)]),
    ]);
    x = concatenate(`mixed${9 + i}`, [single, split, double, chain(mean(x), [192, 1])]);
  }
  return net.model([image], [classificationHead(net, x, options)]);
}

const parts = (net: Functional) => ({
  chain: (x: Symbolic, ...steps: readonly Step[]) => {
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
  },
  concatenate: (name: string | undefined, branches: readonly Symbolic[]) =>
    net.layer("Concatenate", { name, axis: 3 }, branches),
  maximum: (x: Symbolic) => net.layer("MaxPooling2D", { pool_size: 3, strides: 2 }, x),
  mean: (x: Symbolic) =>
    net.layer("AveragePooling2D", { pool_size: 3, strides: 1, padding: "same" }, x),
});

export const inceptionV3Facts = defineNetwork({
  name: "InceptionV3",
  build: inceptionV3,
  paper: {
    title: "Rethinking the Inception Architecture for Computer Vision",
    authors: "Szegedy, Vanhoucke, Ioffe, Shlens, Wojna",
    year: 2015,
    url: "https://arxiv.org/abs/1512.00567",
  },
  input: [299, 299, 3],
  preprocessing: "tf",
  published: {
    source: keras21,
    size: 92,
    top1: 0.788,
    top5: 0.944,
    params: 23851784,
    depth: { value: 159, counts: "layers" },
  },
  measured: { shortSide: 341, top1: 0.77898, top5: 0.9372 },
  weights: weightFiles(
    "inception_v3",
    "inception_v3",
    ["9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"],
    `${olderUrl}/v0.5`,
  ),
});
