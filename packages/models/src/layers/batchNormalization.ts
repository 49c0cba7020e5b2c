// y = gamma (x - mean) / sqrt(variance + epsilon) + beta, over all axes but `axis` (Ioffe and Szegedy
// 2015, arXiv:1502.03167). In training with the batch's mean and biased variance, while the moving
// averages become momentum · old + (1 - momentum) · batch; otherwise with the moving averages.
// keras.io/api/layers/normalization_layers/batch_normalization
import { CajalError, showShape, tensor, type Tensor } from "@cajal/core";
import type { Value } from "@cajal/onnx";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import type { KerasShape } from "./definition/shape";
import { axisOf } from "./shared/shapes";
import { trainable, weightFields } from "./definition/weightFields";
import { passesMask } from "./shared/masks";

export const batchNormalization = defineLayer({
  className: "BatchNormalization",
  fields: {
    /** Axis, the batch being 0; negative ones count from the end. */
    axis: f.axis(-1),
    /** Share of the old average kept at a step, 0–1 (PyTorch's momentum is 1 − this). */
    momentum: f.share(0.99),
    epsilon: f.nonnegative(1e-3),
    center: f.flag(true),
    scale: f.flag(true),
    ...weightFields("beta", "zeros"),
    ...weightFields("gamma", "ones"),
    /** Where the moving mean begins. */
    moving_mean_initializer: f.kerasObject("zeros"),
    /** Where the moving variance begins. */
    moving_variance_initializer: f.kerasObject("ones"),
  },
  shape: ({ axis }, [x]) => {
    extentOf(axis, x);
    return [x];
  },
  weights: (config, [x]) => {
    const shape = [extentOf(config.axis, x)];
    return [
      ...(config.scale ? [trainable(config, "gamma", shape)] : []),
      ...(config.center ? [trainable(config, "beta", shape)] : []),
      {
        name: "moving_mean",
        shape,
        initializer: config.moving_mean_initializer,
        trainable: false,
      },
      {
        name: "moving_variance",
        shape,
        initializer: config.moving_variance_initializer,
        trainable: false,
      },
    ];
  },
  infersWhenFrozen: true,
  affine: {
    input: 0,
    axis: ({ axis }, rank) => (axis < 0 ? axis + rank : axis),
    of: ({ epsilon }, channels, weight) => movingAffine(epsilon, channels, weight),
  },
  mask: { ...passesMask, takes: "one", inTraining: true },
  layout: {
    by: ({ axis }, [x]) => (axisOf(axis, x!) === x!.length - 1 ? "channelsFirst" : "channelsLast"),
  },
  lower: (config, [input], g, context) => {
    const { inputs, mask, trainable: isTrainable, training, update, weight } = context;
    const { center, epsilon, momentum, scale } = config;
    // ONNX normalizes along axis 1.
    const axis = context.axis(axisOf(config.axis, inputs[0]));
    const swapChannelAxis = inputs[0].map((_, i) => (i === axis ? 1 : i === 1 ? axis : i));
    const inPlace = (value: Value) => (axis === 1 ? value : g.transpose(value, swapChannelAxis));
    const x = inPlace(input);
    const shape = [extentOf(config.axis, inputs[0])];
    const filled = (value: number) =>
      g.constant(tensor("float32", shape, new Float32Array(shape[0]!).fill(value)));
    const gamma = scale ? weight("gamma") : filled(1);
    const beta = center ? weight("beta") : filled(0);
    const mean = weight("moving_mean");
    const variance = weight("moving_variance");
    // As in Keras, a frozen layer normalizes by its moving averages in training too.
    if (!(training && isTrainable))
      return [inPlace(g.batchNormalization(x, gamma, beta, mean, variance, { epsilon }))];
    if (mask)
      throw new CajalError(
        "unsupported",
        "BatchNormalization of a masked sequence cannot be trained: Keras would leave the masked steps out of its statistics. Freeze it, or put it before the mask.",
      );
    // In training mode ONNX Runtime overwrites inputs 3 and 4, so it gets values of its own; with
    // momentum 0 what it hands out there are the batch's own statistics, the variance biased.
    const [y, batchMean, batchVariance] = g.batchNormalizationTraining(
      x,
      gamma,
      beta,
      g.sub(mean, mean),
      g.sub(variance, variance),
      { epsilon, momentum: 0 },
    );
    const movingAverage = (oldValue: Value, batchValue: Value) =>
      g.add(g.mul(oldValue, momentum), g.mul(batchValue, 1 - momentum));
    update("moving_mean", movingAverage(mean, batchMean));
    update("moving_variance", movingAverage(variance, batchVariance));
    return [inPlace(y)];
  },
  samples: [
    { inputs: [[2, 3, 4, 3]] },
    { config: { scale: false, epsilon: 1e-5 }, inputs: [[5, 3]] },
    { config: { center: false }, inputs: [[2, 4, 3]] },
    { inputs: [[1, 2, 2, 2, 3]] },
    { config: { axis: 1 }, inputs: [[2, 3, 4, 3]] },
    { config: { axis: 2 }, inputs: [[2, 3, 4, 3]] },
  ],
});

/** Extent of the axis that is normalized. */
function extentOf(axis: number, x: KerasShape): number {
  const extent = x[axisOf(axis, x)];
  if (typeof extent === "number" && axisOf(axis, x) > 0) return extent;
  throw new CajalError(
    "bad-shape",
    `axis ${axis} of ${showShape(x)} must be known, and not that of the batch: the weights' shapes depend on it`,
    { axis, shape: x },
  );
}

/** By the moving averages: scale = gamma / sqrt(variance + epsilon), shift = beta - mean · scale. */
function movingAffine(
  epsilon: number,
  channels: number,
  weight: (name: string) => Tensor["data"] | undefined,
): { scale: Float64Array; shift: Float64Array } {
  const [mean, variance] = [weight("moving_mean"), weight("moving_variance")];
  const [gamma, beta] = [weight("gamma"), weight("beta")];
  const scale = new Float64Array(channels).map(
    (_, c) => Number(gamma?.[c] ?? 1) / Math.sqrt(Number(variance?.[c]) + epsilon),
  );
  const shift = scale.map((factor, c) => Number(beta?.[c] ?? 0) - Number(mean?.[c]) * factor);
  return { scale, shift };
}
