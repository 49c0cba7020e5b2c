// MobileNetV2: "Inverted Residuals and Linear Bottlenecks", Sandler, Howard, Zhu, Zhmoginov & Chen 2018,
// arXiv:1801.04381. Layer names are those of Keras.
import { CajalError, checkArgument, showValue } from "@cajal/core";
import {
  application,
  classificationHead,
  predictions,
  type ApplicationOptions,
} from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { functional, type Symbolic } from "../network/functional";
import { table } from "./shared/table";
import { defineNetwork, type WeightFile } from "./definition";
import { kerasUrl, keras23 } from "./shared/published";

export interface MobilenetV2Options extends ApplicationOptions {
  /** Width multiplier of section 5: filters times alpha, to the nearest multiple of 8. Default 1. */
  readonly alpha?: number;
}

/** Table 2: expansion t, output channels c, repetitions n, stride of the first s. */
// prettier-ignore
const stages = table(["expand", "filters", "repeat", "stride"], [
  [1,  16, 1, 1],
  [6,  24, 2, 2],
  [6,  32, 3, 2],
  [6,  64, 4, 2],
  [6,  96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
]);

/** MobileNetV2, 3,538,984 parameters at alpha 1. Images of 224 × 224, at least 32; preprocessing "tf". */
export function mobilenetV2(overrides: MobilenetV2Options = {}): ModelConfig {
  checkArgument("mobilenetV2", "options", overrides, "object");
  const { alpha = 1 } = overrides;
  if (!(Number.isFinite(alpha) && alpha > 0))
    throw new CajalError(
      "bad-argument",
      `mobilenetV2: got alpha ${showValue(alpha)}, expected a number above 0. Weights were published for 0.35, 0.5, 0.75, 1, 1.3 and 1.4.`,
      { where: "mobilenetV2", option: "alpha", got: alpha },
    );
  const options = application("mobilenetv2", overrides, { size: 224, minSize: 32 }, ["alpha"]);
  const rows = options.input_shape[0] ?? "None";
  const net = functional(overrides.name ?? `mobilenetv2_${alpha.toFixed(2)}_${rows}`);
  const image = net.input(options.input_shape);
  const conv = (name: string, filters: number, kernel_size: number, strides: number, x: Symbolic) =>
    net.layer(
      "Conv2D",
      {
        name,
        filters,
        kernel_size,
        strides,
        padding: name === "Conv_1" ? "valid" : "same",
        use_bias: false,
      },
      x,
    );
  const normalize = (name: string, x: Symbolic) =>
    net.layer("BatchNormalization", { name, momentum: 0.999 }, x);
  const relu6 = (name: string, x: Symbolic) => net.layer("ReLU", { name, max_value: 6 }, x);

  let x = conv("Conv1", roundToEight(32 * alpha), 3, 2, image);
  x = normalize("bn_Conv1", x);
  x = relu6("Conv1_relu", x);

  let block = 0;
  for (const { expand, filters, repeat, stride } of stages)
    for (let i = 0; i < repeat; i++) {
      const name = block === 0 ? "expanded_conv" : `block_${block}`;
      const strides = i === 0 ? stride : 1;
      const lastFilters = roundToEight(Math.floor(filters * alpha));
      const shortcut = x;
      const channels = x.shape[3]!;
      if (block > 0) {
        x = conv(`${name}_expand`, expand * channels, 1, 1, x);
        x = normalize(`${name}_expand_BN`, x);
        x = relu6(`${name}_expand_relu`, x);
      }
      if (strides === 2) {
        // Only even sizes lack the first row and column of padding, so that odd ones stay centred.
        const [, rows, columns] = x.shape;
        // Keras asks for the columns only where it knows the rows.
        const left = rows === null ? 0 : before(columns!);
        x = net.layer(
          "ZeroPadding2D",
          {
            name: `${name}_pad`,
            padding: [
              [before(rows!), 1],
              [left, 1],
            ],
          },
          x,
        );
      }
      x = net.layer(
        "DepthwiseConv2D",
        {
          name: `${name}_depthwise`,
          kernel_size: 3,
          strides,
          padding: strides === 1 ? "same" : "valid",
          use_bias: false,
        },
        x,
      );
      x = normalize(`${name}_depthwise_BN`, x);
      x = relu6(`${name}_depthwise_relu`, x);
      x = conv(`${name}_project`, lastFilters, 1, 1, x);
      x = normalize(`${name}_project_BN`, x);
      if (channels === lastFilters && strides === 1)
        x = net.layer("Add", { name: `${name}_add` }, [shortcut, x]);
      block++;
    }

  // The last convolution never gets narrower.
  x = conv("Conv_1", alpha > 1 ? roundToEight(1280 * alpha) : 1280, 1, 1, x);
  x = normalize("Conv_1_bn", x);
  x = relu6("out_relu", x);
  if (!options.include_top) return net.model([image], [classificationHead(net, x, options)]);
  x = net.layer("GlobalAveragePooling2D", {}, x);
  return net.model([image], [predictions(net, x, options)]);
}

/** The nearest multiple of 8, at least 8, and not below nine tenths of `filters`. */
function roundToEight(filters: number): number {
  const rounded = Math.max(8, Math.floor((filters + 4) / 8) * 8);
  return rounded < 0.9 * filters ? rounded + 8 : rounded;
}

/** Rows of padding before a 3 × 3 kernel with stride 2: none where the size is even, or free. */
const before = (size: number | null) => (size !== null && size % 2 === 1 ? 1 : 0);

export const mobilenetV2Facts = defineNetwork({
  name: "MobileNetV2",
  build: mobilenetV2,
  paper: {
    title: "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
    authors: "Sandler, Howard, Zhu, Zhmoginov, Chen",
    year: 2018,
    url: "https://arxiv.org/abs/1801.04381",
  },
  input: [224, 224, 3],
  preprocessing: "tf",
  published: {
    source: keras23,
    size: 14,
    top1: 0.713,
    top5: 0.901,
    params: 3538984,
    depth: {
      value: 88,
      counts: "layers",
      note: "The same figure as for MobileNet; counted it is another.",
    },
  },
  weights: [0.35, 0.5, 0.75, 1, 1.3, 1.4].flatMap((alpha) =>
    (alpha > 1 ? [224] : [224, 192, 160, 128, 96]).flatMap((size) =>
      [true, false].map((include_top): WeightFile => {
        const alphaText = Number.isInteger(alpha) ? alpha.toFixed(1) : String(alpha);
        const file = `mobilenet_v2_weights_tf_dim_ordering_tf_kernels_${alphaText}_${size}${include_top ? "" : "_no_top"}.h5`;
        return { include_top, urls: [`${kerasUrl}/mobilenet_v2/${file}`], alpha, size };
      }),
    ),
  ),
});
