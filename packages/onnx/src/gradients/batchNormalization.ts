import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient, type GradientContext } from "./gradient";
import type { Scaled } from "./shared/scaled";
import { knownShape } from "./shared/sumTo";

export const batchNormalization = defineGradient({
  op: "BatchNormalization",
  gradient: ([dy], context, g) =>
    context.int("training_mode", 0) === 1 ? trained(g, dy!, context) : inferred(g, dy!, context),
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
function trained(
  g: GraphBuilder,
  dy: Value,
  context: GradientContext,
): (Value | Scaled | undefined)[] {
  const [x, scale] = context.inputs as readonly [Value, Value];
  const shape = knownShape(x, "of BatchNormalization");
  const axes = shape.map((_, i) => i).filter((i) => i !== 1);
  const count = axes.reduce((product, i) => product * shape[i]!, 1);
  const { mean, variance } = statistics(g, x, axes, context);
  const r = g.reciprocal(g.sqrt(g.add(variance, context.float("epsilon", 1e-5))));
  const dBeta = context.channelSums(dy);
  const dyX = g.reduceSum(g.mul(dy, x), { axes, keepdims: false });
  const dGamma = g.mul(r, g.sub(dyX, g.mul(mean, dBeta)));
  if (!context.wants(0)) return [undefined, dGamma, dBeta];
  const a = g.mul(scale, r);
  // dx = a (dy + b x + c)
  const b = g.neg(g.div(g.mul(r, dGamma), count));
  const c = g.neg(g.add(g.div(dBeta, count), g.mul(b, mean)));
  // b·x + c in one pass over x: a normalization by other numbers.
  const zero = g.sub(a, a);
  const rest = g.batchNormalization(x, b, c, zero, g.add(zero, 1), { epsilon: 0 });
  const value = g.add(dy, rest);
  // Σ (dy + b x + c) = dβ + b m μ + c m = 0: what a whole channel shares is taken out of it.
  context.setChannelSums(value, zero);
  return [{ value, scale: a }, dGamma, dBeta];
}

/** Mean and (biased) variance of the batch: the operator's own, where it does not blend them. */
function statistics(g: GraphBuilder, x: Value, axes: readonly number[], context: GradientContext) {
  if (context.float("momentum", 0.9) === 0)
    return { mean: context.output(1), variance: context.output(2) };
  const mean = g.reduceMean(x, { axes, keepdims: true });
  const centred = g.sub(x, mean);
  const variance = g.reduceMean(g.mul(centred, centred), { axes, keepdims: false });
  return { mean: g.reshape(mean, [-1]), variance };
}

/** With given statistics: y = x̂ γ + β, x̂ = (x − μ) r, r = 1/√(σ²+ε). */
function inferred(g: GraphBuilder, dy: Value, context: GradientContext): (Value | undefined)[] {
  const [x, scale, , mean, variance] = context.inputs as readonly Value[];
  const { wants } = context;
  const rank = x!.shape!.length;
  const axes = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== 1);
  const lay = (value: Value) => g.reshape(value, [1, -1, ...Array<number>(rank - 2).fill(1)]);
  const perChannel = (value: Value) => g.reduceSum(value, { axes, keepdims: false });
  const r = g.reciprocal(g.sqrt(g.add(variance!, context.float("epsilon", 1e-5))));
  const dBeta = perChannel(dy);
  const dGamma = () => g.mul(r, g.sub(perChannel(g.mul(dy, x!)), g.mul(mean!, dBeta)));
  const slope = g.mul(scale!, r);
  return [
    wants(0) ? g.mul(dy, lay(slope)) : undefined,
    wants(1) ? dGamma() : undefined,
    wants(2) ? dBeta : undefined,
    wants(3) ? g.neg(g.mul(slope, dBeta)) : undefined,
    // dσ² = −½ γ r² Σ dy·x̂
    wants(4) ? g.mul(g.mul(g.mul(scale!, g.mul(r, r)), dGamma()), -0.5) : undefined,
  ];
}
