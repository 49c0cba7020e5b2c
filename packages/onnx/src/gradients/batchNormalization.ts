import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient, type GradientContext, type Scaled } from "./gradient";
import { channelProducts } from "./shared/channelProducts";
import { applyScale } from "./shared/scaled";
import { staticShape, rankOf } from "./shared/sumTo";

export const batchNormalization = defineGradient({
  op: "BatchNormalization",
  inputs: 3,
  outputs: 0,
  gradient: (dys, context, g) =>
    context.int("training_mode", 0) === 1
      ? trainingGradient(g, dys, context)
      : inferenceGradient(g, dys[0]!, context),
  samples: [
    { inputs: [[4, 3, 2, 2], [3], [3], [3], [3]], range: [0.5, 2] as const },
    {
      inputs: [[4, 3], [3], [3], [3], [3]],
      range: [0.5, 2] as const,
      attributes: { epsilon: 0.1 },
    },
    {
      inputs: [[4, 3, 5, 2], [3], [3], [3], [3]],
      attributes: { training_mode: 1, momentum: 0, epsilon: 0.001 },
      outputs: 3,
      by: [0, 1, 2],
      range: [0.5, 2] as const,
    },
    {
      inputs: [[6, 3], [3], [3], [3], [3]],
      attributes: { training_mode: 1, momentum: 0.9 },
      outputs: 3,
      by: [0, 1, 2],
      range: [0.5, 2] as const,
    },
  ],
});

/**
 * With the statistics of the batch (Ioffe & Szegedy 2015, arXiv:1502.03167, section 3), r = 1/√(σ²+ε):
 *   dβ = Σ dy,  dγ = r (Σ dy·x − μ Σ dy),  dx = γ r (dy − dβ/m − x̂ dγ/m).
 * dx is a (dy + b·x + c) with one a, b, c a channel, which is fewer passes over the data than x̂; and
 * a convolution before takes a into its kernel.
 */
function trainingGradient(
  g: GraphBuilder,
  [dyIfAny, dRunningMean, dRunningVariance]: readonly (Value | undefined)[],
  context: GradientContext,
): (Value | Scaled | undefined)[] {
  const [x, scale, , oldMean, oldVariance] = context.inputs as readonly [Value, Value, Value, Value, Value]; // prettier-ignore
  const dy = dyIfAny ?? g.expand(g.scalar(x.dtype, 0), g.shape(x));
  const shape = staticShape(x, "of BatchNormalization");
  const axes = shape.map((_, i) => i).filter((i) => i !== 1);
  const count = axes.reduce((product, i) => product * shape[i]!, 1);
  const { mean, variance } = statistics(g, x, axes, context);
  const r = g.reciprocal(g.sqrt(g.add(variance, context.float("epsilon", 1e-5))));
  const dBeta = context.channelSums(dy);
  const dyX = channelProducts(g, dy, x, context);
  const dGamma = g.mul(r, g.sub(dyX, g.mul(mean, dBeta)));
  // The running averages: old · momentum + the batch's · (1 − momentum).
  const momentum = context.float("momentum", 0.9);
  const runningGradient = (i: number, d: Value | undefined, value: Value) => {
    if (!context.wants(i)) return undefined;
    return d ? g.mul(d, momentum) : g.expand(g.scalar(value.dtype, 0), g.shape(value));
  };
  const channelGradients = [dGamma, dBeta, runningGradient(3, dRunningMean, oldMean), runningGradient(4, dRunningVariance, oldVariance)]; // prettier-ignore
  if (!context.wants(0)) return [undefined, ...channelGradients];
  const a = g.mul(scale, r);
  // dx = a (dy + b x + c)
  const b = g.neg(g.div(g.mul(r, dGamma), count));
  const c = g.neg(g.add(g.div(dBeta, count), g.mul(b, mean)));
  // b·x + c: in one pass over x, as a normalization by other numbers; but where a channel is one number of an example,
  // that operator takes three times as long as product and sum.
  const zero = g.sub(a, a);
  const correction =
    shape.length === 2
      ? g.add(g.mul(x, b), c)
      : g.batchNormalization(x, b, c, zero, g.add(zero, 1), { epsilon: 0 });
  const value = g.add(dy, correction);
  // Σ (dy + b x + c) = dβ + b m μ + c m = 0: what a whole channel shares is taken out of it.
  if (!dRunningMean && !dRunningVariance) {
    context.setChannelSums(value, zero);
    return [{ value, scale: a }, ...channelGradients];
  }
  // dx of mean and variance: dμ / m + 2 (x − μ) dσ² / m.
  const alongChannels = (channels: Value) =>
    g.reshape(channels, [1, -1, ...axes.slice(1).map(() => 1)]);
  const factor = (1 - momentum) / count;
  let dx = applyScale(g, { value, scale: a });
  if (dRunningMean) dx = g.add(dx, alongChannels(g.mul(dRunningMean, factor)));
  if (dRunningVariance) {
    const centred = g.sub(x, alongChannels(mean));
    dx = g.add(dx, g.mul(centred, alongChannels(g.mul(dRunningVariance, 2 * factor))));
  }
  return [dx, ...channelGradients];
}

/**
 * Mean and (biased) variance of the batch: the operator's own, where it does not blend them. ONNX Runtime writes them over
 * the old ones, so they are only to be trusted where no other node has these.
 */
function statistics(g: GraphBuilder, x: Value, axes: readonly number[], context: GradientContext) {
  const { node, constant, consumers } = context;
  const areOwn = [3, 4].every((i) => !constant(i) && consumers(node.inputs[i]!).length === 1);
  if (context.float("momentum", 0.9) === 0 && areOwn)
    return { mean: context.output(1), variance: context.output(2) };
  const mean = g.reduceMean(x, { axes, keepdims: true });
  const centred = g.sub(x, mean);
  const variance = g.reduceMean(g.mul(centred, centred), { axes, keepdims: false });
  return { mean: g.reshape(mean, [-1]), variance };
}

/** With given statistics: y = x̂ γ + β, x̂ = (x − μ) r, r = 1/√(σ²+ε). */
function inferenceGradient(
  g: GraphBuilder,
  dy: Value,
  context: GradientContext,
): (Value | Scaled | undefined)[] {
  const [x, scale, , mean, variance] = context.inputs as readonly Value[];
  const { wants } = context;
  const rank = rankOf(x!);
  const axes = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== 1);
  const perChannel = (value: Value) => g.reduceSum(value, { axes, keepdims: false });
  const r = g.reciprocal(g.sqrt(g.add(variance!, context.float("epsilon", 1e-5))));
  const wantsChannels = [1, 2, 3, 4].some(wants);
  const dBeta = wantsChannels ? perChannel(dy) : undefined;
  const dGamma = () => g.mul(r, g.sub(channelProducts(g, dy, x!, context), g.mul(mean!, dBeta!)));
  const slope = g.mul(scale!, r);
  return [
    wants(0) ? { value: dy, scale: slope } : undefined,
    wants(1) ? dGamma() : undefined,
    wants(2) ? dBeta : undefined,
    wants(3) ? g.neg(g.mul(slope, dBeta!)) : undefined,
    // dσ² = −½ γ r² Σ dy·x̂
    wants(4) ? g.mul(g.mul(g.mul(scale!, g.mul(r, r)), dGamma()), -0.5) : undefined,
  ];
}
