// LeNet-1: "Handwritten Digit Recognition with a Back-Propagation Network", LeCun et al., NIPS 1989 (1990),
// the successor of Neural Computation 1(4), 1989; LeNet-5: "Gradient-Based Learning Applied to Document
// Recognition", LeCun, Bottou, Bengio & Haffner, Proceedings of the IEEE 86(11), 1998.
import { CajalError, checkArgument, checkOptions, showShape, unknownName } from "@cajal/core";
import { checkWhole } from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { functional, type Functional, type Symbolic } from "../network/functional";
import { defineNetwork, type Paper } from "./definition";

type Padding = "same" | "valid";

/** What both the LeNets of today and those of the papers take. */
export interface LenetOriginalOptions {
  /** `[height, width, channels]`. Default: the paper's. */
  readonly input_shape?: readonly [height: number, width: number, channels: number];
  /** Default 10. */
  readonly classes?: number;
  /** Activation of all layers but the last, by its Keras name. */
  readonly activation?: string;
  /** Activation of a further layer behind the logits, such as "softmax"; null for none. Default null. */
  readonly classifier_activation?: string | null;
  /** Of the model. Default: the function's own. */
  readonly name?: string;
}

export interface LenetOptions extends LenetOriginalOptions {
  /** How each of the two poolings sums up its 2 × 2 values. Default "max". */
  readonly pooling?: "max" | "average";
  /** Height and width of the kernels. Default 5; 3 suits images much smaller than 28 × 28. */
  readonly kernel_size?: number;
  /** Padding of the two convolutions. */
  readonly padding?: readonly [first: Padding, second: Padding];
}

/**
 * LeNet-1 as built today: every map of the second convolution sees all four maps of the first, ReLU,
 * maximum pooling, logits. 3,246 parameters:
 *
 *     convolution 4 @ 5×5    1·25·4 + 4        104
 *     convolution 12 @ 5×5   4·25·12 + 12    1,212
 *     10 classes             4·4·12·10 + 10  1,930
 *
 * Images of 28 × 28 × 1 by default. The paper's own network, 2,578 parameters: {@link lenet1Original}.
 *
 * @example lenet1({ input_shape: [8, 8, 1], kernel_size: 3, padding: ["same", "same"] })
 */
export function lenet1(options: LenetOptions = {}): ModelConfig {
  return lenet("lenet1", options, { filters: [4, 12], units: [], padding: ["valid", "valid"] });
}

/**
 * LeNet-5 as built today: every map of C3 sees all six maps of S2, ReLU, maximum pooling, a dense layer for
 * the radial basis functions, logits. 61,706 parameters:
 *
 *     C1 convolution 6 @ 5×5    1·25·6 + 6          156
 *     C3 convolution 16 @ 5×5   6·25·16 + 16      2,416
 *     C5 120 units              5·5·16·120 + 120 48,120
 *     F6 84 units               120·84 + 84      10,164
 *     10 classes                84·10 + 10          850
 *
 * Images of 28 × 28 × 1 by default, padded by the first convolution ("same") as the paper lays its 28 × 28
 * digits into a field of 32 × 32; images of 32 × 32 and more are not padded, and give the paper's sizes.
 * With `activation: "tanh"` and `pooling: "average"` it is closer to the paper, whose own network with
 * 60,000 trainable parameters is {@link lenet5Original}.
 */
export function lenet5(options: LenetOptions = {}): ModelConfig {
  checkArgument("lenet5", "options", options, "object");
  const [height, width] = options.input_shape ?? [28, 28];
  const first = Math.min(height, width) < 32 ? "same" : "valid";
  return lenet("lenet5", options, {
    filters: [6, 16],
    units: [120, 84],
    padding: [first, "valid"],
  });
}

/**
 * LeNet-1 with the paper's connections (table 1) and trainable subsampling: 2,578 parameters, as its text says.
 *
 *     H1 convolution 4 @ 5×5           1·25·4 + 4          104
 *     H2 subsampling, 4 maps           2·4                   8
 *     H3 convolution 12 @ 5×5, sparse  20·25 + 12          512
 *     H4 subsampling, 12 maps          2·12                 24
 *     10 classes                       4·4·12·10 + 10    1,930
 *
 * Images of 28 × 28 × 1. The activation is tanh; the paper's 1.7159 tanh(2/3 a) differs by two factors, which
 * the weights before and after it can take on.
 */
export function lenet1Original(options: LenetOriginalOptions = {}): ModelConfig {
  const { net, image, activation, finish } = original("lenet1_original", options, [28, 28, 1]);
  let x = net.layer("Conv2D", { name: "H1", filters: 4, kernel_size: 5, activation }, image);
  x = subsample(net, "H2", x, activation);
  x = sparseConvolution(net, "H3", x, { table: lenet1Table, maps: 4, activation });
  x = subsample(net, "H4", x, activation);
  x = net.layer("Flatten", { name: "flatten" }, x);
  return finish(x);
}

/**
 * LeNet-5 with the paper's connections (table I) and trainable subsampling: 60,000 parameters up to F6, as its
 * text says, and 850 of the output.
 *
 *     C1 convolution 6 @ 5×5            1·25·6 + 6           156
 *     S2 subsampling, 6 maps            2·6                   12
 *     C3 convolution 16 @ 5×5, sparse   60·25 + 16         1,516
 *     S4 subsampling, 16 maps           2·16                  32
 *     C5 convolution 120 @ 5×5          16·25·120 + 120   48,120
 *     F6 84 units                       120·84 + 84       10,164
 *     output 10 classes                 84·10 + 10           850
 *
 * Images of 32 × 32 × 1. The output of the paper is 10 radial basis functions, squared distances of F6 to fixed
 * 7 × 12 bitmaps of the characters. A config holds no weights, so a dense layer stands in their place: minus
 * such a distance is, up to a term that all classes share, just what a dense layer computes. tanh as in
 * {@link lenet1Original}.
 */
export function lenet5Original(options: LenetOriginalOptions = {}): ModelConfig {
  const { net, image, activation, finish } = original("lenet5_original", options, [32, 32, 1]);
  let x = net.layer("Conv2D", { name: "C1", filters: 6, kernel_size: 5, activation }, image);
  x = subsample(net, "S2", x, activation);
  x = sparseConvolution(net, "C3", x, { table: lenet5Table, maps: 6, activation });
  x = subsample(net, "S4", x, activation);
  x = net.layer("Conv2D", { name: "C5", filters: 120, kernel_size: 5, activation }, x);
  x = net.layer("Flatten", { name: "flatten" }, x);
  x = net.layer("Dense", { name: "F6", units: 84, activation }, x);
  return finish(x);
}

/** Table 1 of the paper of 1990: the maps of H2 (from 1) that each map of H3 is connected to. */
// prettier-ignore
const lenet1Table = [
  [1], [1, 2], [1, 2], [2], [1, 2], [1, 2],
  [3], [3, 4], [3, 4], [4], [3, 4], [3, 4],
];

/** Table I of the paper of 1998: the maps of S2 (from 0) that each map of C3 is connected to, here from 1. */
// prettier-ignore
const lenet5Table = [
  [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5],
  [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5],
  [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5],
  [0, 1, 2, 3, 4, 5],
].map((maps) => maps.map((map) => map + 1));

const common = ["input_shape", "classes", "activation", "classifier_activation", "name"];

function lenet(
  name: "lenet1" | "lenet5",
  options: LenetOptions,
  paper: {
    filters: readonly [number, number];
    units: readonly number[];
    padding: readonly [Padding, Padding];
  },
): ModelConfig {
  checkOptions(name, options, [...common, "pooling", "kernel_size", "padding"]);
  const { activation = "relu", pooling = "max", kernel_size = 5 } = options;
  const { padding = paper.padding } = options;
  if (pooling !== "max" && pooling !== "average")
    throw unknownName(`pooling of ${name}`, String(pooling), ["max", "average"]);
  const net = functional(options.name ?? name);
  const image = net.input(checkImage(name, options.input_shape ?? [28, 28, 1]), { name: "image" });
  const pool = pooling === "max" ? "MaxPooling2D" : "AveragePooling2D";

  let x = image;
  for (const [i, filters] of paper.filters.entries()) {
    const n = i + 1;
    x = net.layer(
      "Conv2D",
      { name: `conv${n}`, filters, kernel_size, padding: padding[i], activation },
      x,
    );
    x = net.layer(pool, { name: `pool${n}`, pool_size: 2 }, x);
  }
  x = net.layer("Flatten", { name: "flatten" }, x);
  for (const [i, units] of paper.units.entries())
    x = net.layer("Dense", { name: `dense${i + 1}`, units, activation }, x);
  return net.model([image], [logits(name, net, x, options)]);
}

function original(name: string, options: LenetOriginalOptions, size: readonly number[]) {
  checkOptions(name, options, common);
  const net = functional(options.name ?? name);
  const image = net.input(checkImage(name, options.input_shape ?? size), { name: "image" });
  return {
    net,
    image,
    activation: options.activation ?? "tanh",
    finish: (x: Symbolic) => net.model([image], [logits(name, net, x, options)]),
  };
}

/** Ten units, and behind them the activation where one is asked for. */
function logits(
  name: string,
  net: Functional,
  x: Symbolic,
  { classes = 10, classifier_activation = null }: LenetOriginalOptions,
): Symbolic {
  checkWhole(name, "classes", classes);
  x = net.layer("Dense", { name: "logits", units: classes }, x);
  if (classifier_activation === null) return x;
  return net.layer("Activation", { name: "predictions", activation: classifier_activation }, x);
}

/**
 * The papers' subsampling: the sum of 2 × 2 values times a trainable coefficient plus a trainable bias, one of
 * each a map. Here the mean rather than the sum, so that the coefficient is four times the paper's.
 */
function subsample(net: Functional, name: string, x: Symbolic, activation: string): Symbolic {
  x = net.layer("AveragePooling2D", { name: `${name}_mean`, pool_size: 2 }, x);
  return net.layer("DepthwiseConv2D", { name, kernel_size: 1, activation }, x);
}

/**
 * A convolution whose maps see some of the input's maps only, out of standard layers: the input is taken apart
 * into its maps, and each map of the output is a convolution of those in its row of the table.
 */
function sparseConvolution(
  net: Functional,
  name: string,
  x: Symbolic,
  { table, maps, activation }: { table: number[][]; maps: number; activation: string },
): Symbolic {
  const channelsFirst = net.layer("Permute", { name: `${name}_maps`, dims: [3, 1, 2] }, x);
  const parts = Array.from({ length: maps }, (_, i) => {
    const cropping = [[i, maps - 1 - i], [0, 0]] as const; // prettier-ignore
    const map = net.layer("Cropping2D", { name: `${name}_crop${i + 1}`, cropping }, channelsFirst);
    return net.layer("Permute", { name: `${name}_map${i + 1}`, dims: [2, 3, 1] }, map);
  });
  const outputs = table.map((row, i) => {
    const connected = row.map((map) => parts[map - 1]!);
    const input =
      connected.length === 1
        ? connected[0]!
        : net.layer("Concatenate", { name: `${name}_${i + 1}_inputs` }, connected);
    return net.layer(
      "Conv2D",
      { name: `${name}_${i + 1}`, filters: 1, kernel_size: 5, activation },
      input,
    );
  });
  return net.layer("Concatenate", { name }, outputs);
}

function checkImage(name: string, shape: readonly number[]): readonly number[] {
  if (shape.length !== 3 || !shape.every((extent) => Number.isInteger(extent) && extent > 0))
    throw new CajalError(
      "bad-shape",
      `${name}: got input_shape ${showShape(shape)}, expected [height, width, channels].`,
      { model: name, input_shape: shape },
    );
  return shape;
}

const lenet1Paper: Paper = {
  title: "Handwritten Digit Recognition with a Back-Propagation Network",
  authors: "LeCun, Boser, Denker, Henderson, Howard, Hubbard, Jackel",
  year: 1990,
  url: "https://proceedings.neurips.cc/paper/1989/hash/53c3bce66e43be4f209556518c2fcb54-Abstract.html",
};

const lenet5Paper: Paper = {
  title: "Gradient-Based Learning Applied to Document Recognition",
  authors: "LeCun, Bottou, Bengio, Haffner",
  year: 1998,
  url: "https://doi.org/10.1109/5.726791",
};

export const lenet1Facts = defineNetwork({
  name: "LeNet1",
  build: lenet1,
  paper: lenet1Paper,
  input: [28, 28, 1],
  weights: [],
});

export const lenet5Facts = defineNetwork({
  name: "LeNet5",
  build: lenet5,
  paper: lenet5Paper,
  input: [28, 28, 1],
  weights: [],
});

export const lenet1OriginalFacts = defineNetwork({
  name: "LeNet1Original",
  build: lenet1Original,
  paper: lenet1Paper,
  input: [28, 28, 1],
  weights: [],
});

export const lenet5OriginalFacts = defineNetwork({
  name: "LeNet5Original",
  build: lenet5Original,
  paper: lenet5Paper,
  input: [32, 32, 1],
  weights: [],
});
