// Small variants of the families of Keras' table, for images of 28 × 28 and 32 × 32: each has the characteristic
// block of its paper, at a size that trains in a minute on a laptop. None has published weights.
import { CajalError, unknownName } from "@cajal/core";
import { functional, models, type ModelConfig, type Symbolic } from "@cajal/models";
import type { ImageSet } from "./imageSets";
import { networkFor } from "./networks";

type Net = ReturnType<typeof functional>;

/** The layers between the image and the classifier. */
type Trunk = (net: Net, image: Symbolic) => Symbolic;

export interface SmallNetwork {
  readonly name: string;
  /** The network of Keras' table whose block it uses. */
  readonly after: string;
  readonly trunk: Trunk;
}

const conv = (
  net: Net,
  x: Symbolic,
  filters: number,
  { kernel = 3, strides = 1 }: { kernel?: number; strides?: number } = {},
): Symbolic =>
  net.layer("Conv2D", { filters, kernel_size: kernel, strides, padding: "same", use_bias: false }, x); // prettier-ignore

/**
 * Keras' momentum of 0.99 is too slow for a short run: after 360 steps a fortieth of the initial variance, 1, remains,
 * which is more than the variance of the digits' ink.
 */
const normalized = (net: Net, x: Symbolic): Symbolic =>
  net.layer("BatchNormalization", { momentum: 0.9 }, x);

const activated = (net: Net, x: Symbolic): Symbolic => net.layer("ReLU", {}, normalized(net, x));

const downsampled = (net: Net, x: Symbolic): Symbolic =>
  net.layer("MaxPooling2D", { pool_size: 2 }, x);

/** Simonyan & Zisserman 2014, arXiv:1409.1556: pairs of 3 × 3 convolutions, then pooling. */
const vgg: Trunk = (net, x) => {
  for (const filters of [16, 32, 64]) {
    for (let i = 0; i < 2; i++)
      x = net.layer("ReLU", {}, net.layer("Conv2D", { filters, kernel_size: 3, padding: "same" }, x)); // prettier-ignore
    x = downsampled(net, x);
  }
  return net.layer("Dense", { units: 128, activation: "relu" }, net.layer("Flatten", {}, x));
};

/** He et al. 2015, arXiv:1512.03385, section 4.2 with n = 1: residual blocks. */
const resnet: Trunk = (net, x) => {
  x = activated(net, conv(net, x, 16));
  for (const [i, filters] of [16, 32, 64].entries()) {
    const strides = i === 0 ? 1 : 2;
    const shortcut = i === 0 ? x : normalized(net, conv(net, x, filters, { kernel: 1, strides }));
    const inner = activated(net, conv(net, x, filters, { strides }));
    x = net.layer("Add", {}, [normalized(net, conv(net, inner, filters)), shortcut]);
    x = net.layer("ReLU", {}, x);
  }
  return net.layer("GlobalAveragePooling2D", {}, x);
};

/** Szegedy et al. 2015, arXiv:1512.00567: several kernels side by side, 5 × 5 as two of 3 × 3. */
const inception: Trunk = (net, x) => {
  x = downsampled(net, activated(net, conv(net, x, 16)));
  for (const filters of [8, 16]) {
    const one = activated(net, conv(net, x, filters, { kernel: 1 }));
    const pooled = activated(net, conv(net, x, filters, { kernel: 1 }));
    const three = activated(net, conv(net, pooled, 2 * filters));
    const five = activated(net, conv(net, activated(net, conv(net, pooled, filters)), filters));
    x = downsampled(net, net.layer("Concatenate", {}, [one, three, five]));
  }
  return net.layer("GlobalAveragePooling2D", {}, x);
};

/** Howard et al. 2017, arXiv:1704.04861: a convolution a channel, then 1 × 1 across channels. */
const mobilenet: Trunk = (net, x) => {
  x = activated(net, conv(net, x, 16));
  for (const [strides, filters] of [
    [1, 32],
    [2, 64],
    [1, 64],
    [2, 128],
  ] as const) {
    // prettier-ignore
    x = net.layer("DepthwiseConv2D", { kernel_size: 3, strides, padding: "same", use_bias: false }, x);
    x = activated(net, conv(net, activated(net, x), filters, { kernel: 1 }));
  }
  return net.layer("GlobalAveragePooling2D", {}, x);
};

/** Chollet 2016, arXiv:1610.02357: separable convolutions with shortcuts. */
const xception: Trunk = (net, x) => {
  x = activated(net, conv(net, x, 16));
  for (const filters of [32, 64]) {
    const shortcut = normalized(net, conv(net, x, filters, { kernel: 1, strides: 2 }));
    for (let i = 0; i < 2; i++) {
      if (i > 0) x = net.layer("ReLU", {}, x);
      x = net.layer("SeparableConv2D", { filters, kernel_size: 3, padding: "same", use_bias: false }, x); // prettier-ignore
      x = normalized(net, x);
    }
    x = net.layer("MaxPooling2D", { pool_size: 3, strides: 2, padding: "same" }, x);
    x = net.layer("Add", {}, [x, shortcut]);
  }
  return net.layer("GlobalAveragePooling2D", {}, net.layer("ReLU", {}, x));
};

/** Huang et al. 2016, arXiv:1608.06993: every layer takes the outputs of all previous layers; growth rate 12, compression 0.5, most layers where maps are small. */
const densenet: Trunk = (net, x) => {
  x = conv(net, x, 24);
  let channels = 24;
  for (const [i, layers] of [2, 4, 4].entries()) {
    for (let j = 0; j < layers; j++) {
      x = net.layer("Concatenate", {}, [x, conv(net, activated(net, x), 12)]);
      channels += 12;
    }
    if (i === 2) break;
    channels = Math.floor(channels / 2);
    x = conv(net, activated(net, x), channels, { kernel: 1 });
    x = net.layer("AveragePooling2D", { pool_size: 2 }, x);
  }
  return net.layer("GlobalAveragePooling2D", {}, activated(net, x));
};

export const smallNetworks: readonly SmallNetwork[] = [
  { name: "small-vgg", after: "VGG16", trunk: vgg },
  { name: "small-resnet", after: "ResNet50", trunk: resnet },
  { name: "small-inception", after: "InceptionV3", trunk: inception },
  { name: "small-mobilenet", after: "MobileNet", trunk: mobilenet },
  { name: "small-xception", after: "Xception", trunk: xception },
  { name: "small-densenet", after: "DenseNet121", trunk: densenet },
];

/**
 * The name of a small network, or of one of the table's, as records have it.
 *
 * @throws CajalError `unknown-name`
 */
export function spelledName(name: string): string {
  const normalizedName = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const names = [...smallNetworks, ...models].map((each) => each.name);
  const spelled = names.find((each) => normalizedName(each) === normalizedName(name));
  if (spelled === undefined) throw unknownName("network", name, names);
  return spelled;
}

/**
 * A network for a data set's images and classes, giving logits: one of the small ones, or any of the table's that
 * can take such images.
 *
 * @throws CajalError `unknown-name`; `bad-argument` where it cannot take the images
 */
export function smallNetwork(name: string, set: ImageSet): ModelConfig {
  const spelled = spelledName(name);
  const small = smallNetworks.find((each) => each.name === spelled);
  if (small === undefined) return networkFor(spelled, set);
  const [height, width] = set.shape;
  if (Math.min(height, width) < 16)
    throw new CajalError(
      "bad-argument",
      `${name}: got images of ${height} × ${width}, expected at least 16 × 16.`,
      { model: name, shape: set.shape },
    );
  const net = functional(spelled);
  const image = net.input(set.shape, { name: "image" });
  const features = small.trunk(net, image);
  return net.model(image, net.layer("Dense", { name: "logits", units: set.classes.length }, features)); // prettier-ignore
}
