// activation(x · kernel + bias) along the last axis, kernel [in, units].
// keras.io/api/layers/core_layers/dense
import { sizeOf } from "@cajal/core";
import { activate } from "./definition/activations";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { convert } from "./shared/layouts";
import { channelsOf, staticSize } from "./shared/shapes";
import type { Step } from "./definition/weightLayout";
import { trainable, weightFields } from "./definition/weightFields";
import { activationEnding } from "./shared/ending";
import { passesMask } from "./shared/masks";

export const dense = defineLayer({
  className: "Dense",
  fields: {
    units: f.positive(),
    activation: f.activation("linear"),
    use_bias: f.flag(true),
    ...weightFields("kernel", "glorot_uniform"),
    ...weightFields("bias", "zeros"),
  },
  shape: ({ units }, [x]) => {
    channelsOf(x);
    return [[...x.slice(0, -1), units]];
  },
  weights: (config, [x]) => [
    trainable(config, "kernel", [channelsOf(x), config.units]),
    ...(config.use_bias ? [trainable(config, "bias", [config.units])] : []),
  ],
  quantizes: ({ units }, [x]) => ({
    weight: "kernel",
    matrix: [channelsOf(x), units],
    along: 1,
    scale: [units],
    scaleSteps: [],
    inputAxes: [-1],
  }),
  macs: ({ units }, [x]) => (staticSize(x.slice(1)) ?? NaN) * units,
  kind: "dense",
  ending: activationEnding,
  mask: passesMask,
  layout: "flattened",
  folds: { kernel: "kernel", channels: [1] },
  lower: (config, [input], g, { arrange, inputs, layout, weight }) => {
    const { activation, units, use_bias } = config;
    const rows = channelsOf(inputs[0]);
    // Behind a Flatten of a channels-first image the kernel's rows are put in that order, once,
    // instead of turning the image in every run. A large kernel (VGG's has 411 MB) stays as it is:
    // a second copy costs more than turning so small an image.
    const isLarge = rows * units > 2 ** 22;
    const flattened = typeof layout === "object" && !isLarge ? layout.flattened : undefined;
    const x = flattened ? input : convert(g, input, inputs[0], layout, "channelsLast");
    arrange("channelsLast");
    const kernel = weight("kernel", flattened ? rowsOf(flattened, units) : []);
    const bias = use_bias ? weight("bias") : undefined;
    const rank = inputs[0].length;
    if (rank === 2) return [activate(activation, g.gemm(x, kernel, bias), g, 1)];
    const product = g.matMul(x, kernel);
    return [activate(activation, bias ? g.add(product, bias) : product, g, rank - 1)];
  },
  samples: [
    { config: { units: 4 }, inputs: [[3, 5]] },
    { config: { units: 2, use_bias: false, activation: "softmax" }, inputs: [[2, 7, 3]] },
    { config: { units: 2, activation: "tanh" }, inputs: [[2, 3, 2, 3]] },
  ],
});

/** The rows of a kernel that reads a flat image, [height, width, channels], with the channels first. */
function rowsOf(image: readonly number[], units: number): Step[] {
  const rank = image.length;
  const channelsFirst = [rank - 1, ...Array.from({ length: rank - 1 }, (_, i) => i)];
  return [
    { reshape: [...image, units] },
    { permute: [...channelsFirst, rank] },
    { reshape: [sizeOf(image), units] },
  ];
}
