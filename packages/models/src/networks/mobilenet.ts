// MobileNet: "Efficient Convolutional Neural Networks for Mobile Vision Applications",
// Howard et al. 2017, arXiv:1704.04861. Layer names are those of Keras.
import { CajalError, checkArgument, showValue } from "@cajal/core";
import { application, checkWhole, pooled, type ApplicationOptions } from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { functional, type Symbolic } from "../network/functional";
import { table } from "./shared/table";
import { defineNetwork, type WeightFile } from "./definition";
import { olderUrl, kerasUrl, keras21 } from "./shared/published";

export interface MobilenetOptions extends ApplicationOptions {
  /** Width multiplier α of section 3.3: every layer has this share of its filters. Default 1. */
  readonly alpha?: number;
  /** Output channels a channel of each depthwise convolution, a whole number. Default 1. */
  readonly depth_multiplier?: number;
  /** Share of the pooled features dropped in training, 0 up to 1. Default 0.001. */
  readonly dropout?: number;
}

/** Table 1: the stride of each depthwise 3 × 3 convolution, the filters of the 1 × 1 after it. */
// prettier-ignore
const blocks = table(["stride", "filters"], [
  [1,   64],
  [2,  128],
  [1,  128],
  [2,  256],
  [1,  256],
  [2,  512],
  [1,  512],
  [1,  512],
  [1,  512],
  [1,  512],
  [1,  512],
  [2, 1024],
  [1, 1024], // the paper's table says stride 2 here and 7 × 7 before and after it: a misprint
]);

/**
 * MobileNet, 4,253,864 parameters at alpha 1. Images of 224 × 224, at least 32; preprocessing "tf".
 *
 * @throws CajalError `bad-argument` for an alpha that leaves no filter; `unknown-option` …
 */
export function mobilenet(overrides: MobilenetOptions = {}): ModelConfig {
  checkArgument("mobilenet", "options", overrides, "object");
  const { alpha = 1, depth_multiplier = 1, dropout = 0.001 } = overrides;
  if (!(Number.isFinite(alpha) && alpha >= 1 / 32))
    throw new CajalError(
      "bad-argument",
      `mobilenet: got alpha ${showValue(alpha)}, expected at least 1/32: the first convolution has 32 · alpha filters. Weights were published for 0.25, 0.5, 0.75 and 1.`,
      { where: "mobilenet", option: "alpha", got: alpha },
    );
  checkWhole("mobilenet", "depth_multiplier", depth_multiplier);
  const options = application("mobilenet", overrides, { size: 224, minSize: 32 }, [
    "alpha",
    "depth_multiplier",
    "dropout",
  ]);
  const rows = options.input_shape[0] ?? "None";
  const net = functional(overrides.name ?? `mobilenet_${alpha.toFixed(2)}_${rows}`);
  const image = net.input(options.input_shape);
  const scaledFilters = (filters: number) => Math.floor(filters * alpha);
  const normalize = (name: string, x: Symbolic) => {
    x = net.layer("BatchNormalization", { name: `${name}_bn` }, x);
    return net.layer("ReLU", { name: `${name}_relu`, max_value: 6 }, x);
  };

  let x = net.layer(
    "Conv2D",
    {
      name: "conv1",
      filters: scaledFilters(32),
      kernel_size: 3,
      strides: 2,
      padding: "same",
      use_bias: false,
    },
    image,
  );
  x = normalize("conv1", x);
  for (const [i, { stride, filters }] of blocks.entries()) {
    const block = i + 1;
    if (stride === 2)
      x = net.layer(
        "ZeroPadding2D",
        { name: `conv_pad_${block}`, padding: [[0, 1], [0, 1]] }, // prettier-ignore
        x,
      );
    x = net.layer(
      "DepthwiseConv2D",
      {
        name: `conv_dw_${block}`,
        kernel_size: 3,
        strides: stride,
        padding: stride === 1 ? "same" : "valid",
        depth_multiplier,
        use_bias: false,
      },
      x,
    );
    x = normalize(`conv_dw_${block}`, x);
    x = net.layer(
      "Conv2D",
      {
        name: `conv_pw_${block}`,
        filters: scaledFilters(filters),
        kernel_size: 1,
        padding: "same",
        use_bias: false,
      },
      x,
    );
    x = normalize(`conv_pw_${block}`, x);
  }
  if (!options.include_top) return net.model([image], [pooled(net, x, options)]);

  // The classifier is a 1 × 1 convolution, as the published weights have it.
  const { classes, classifier_activation } = options;
  x = net.layer("GlobalAveragePooling2D", { keepdims: true }, x);
  x = net.layer("Dropout", { name: "dropout", rate: dropout }, x);
  x = net.layer(
    "Conv2D",
    { name: "conv_preds", filters: classes, kernel_size: 1, padding: "same" },
    x,
  );
  x = net.layer("Reshape", { name: "reshape_2", target_shape: [classes] }, x);
  x = net.layer(
    "Activation",
    { name: "predictions", activation: classifier_activation ?? "linear" },
    x,
  );
  return net.model([image], [x]);
}

export const mobilenetFacts = defineNetwork({
  name: "MobileNet",
  build: mobilenet,
  paper: {
    title: "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
    authors: "Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto, Adam",
    year: 2017,
    url: "https://arxiv.org/abs/1704.04861",
  },
  input: [224, 224, 3],
  preprocessing: "tf",
  published: {
    source: keras21,
    size: 17,
    top1: 0.665,
    top5: 0.871,
    params: 4253864,
    depth: {
      value: 88,
      counts: "layers",
      lacked: ["conv_pad_2", "conv_pad_4", "conv_pad_6", "conv_pad_12"],
      had: ["reshape_1"],
      note: "Keras 2.0.6 to 2.1.4 padded within the convolutions and reshaped after the pooling.",
    },
  },
  measured: { shortSide: 256, top1: 0.70424, top5: 0.89504 },
  weights: [1, 0.75, 0.5, 0.25].flatMap((alpha) =>
    [224, 192, 160, 128].flatMap((size) =>
      [true, false].map((include_top): WeightFile => {
        const alphaText = { 1: "1_0", 0.75: "7_5", 0.5: "5_0", 0.25: "2_5" }[alpha];
        const file = `mobilenet_${alphaText}_${size}_tf${include_top ? "" : "_no_top"}.h5`;
        const urls = [`${kerasUrl}/mobilenet/${file}`, `${olderUrl}/v0.6/${file}`];
        return { include_top, urls, alpha, size };
      }),
    ),
  ),
});
