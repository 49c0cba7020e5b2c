import { checkOptions } from "@cajal/core";
import type { Ops, Optimizer } from "@cajal/runtime";
import { betaOptions, betasOf, type BetaOptions } from "./betas";
import { defineOptimizer, sharedFields } from "./defineOptimizer";

/**
 * Adam with Nesterov's momentum: μₜ = β₁·(1 − ½·0.96ᵗ), p ← p − lr · (μₜ₊₁·m / (1 − μ₁ ⋯ μₜ₊₁) + (1 − μₜ)·g / (1 − μ₁ ⋯ μₜ)) /
 * (√(v / (1 − β₂ᵗ)) + epsilon) (Dozat 2016, Incorporating Nesterov Momentum into Adam, with its schedule of momenta).
 *
 * @param options.learningRate default 0.001
 */
export const nadam = defineOptimizer(
  ["nadam"],
  (options: BetaOptions = {}): Optimizer<{ momentum: number; velocity: number }> => {
    checkOptions("nadam", options, betaOptions);
    const betas = betasOf("nadam", options);
    const { beta1, beta2, epsilon } = betas;
    return {
      ...sharedFields("nadam", options, {
        defaultRate: 0.001,
        hyperparameters: betas,
      }),
      slots: { momentum: 0, velocity: 0 },
      update(ops, { parameter: p, gradient: g, slots, rate, iteration: t }) {
        // As Keras computes it here: the shares are float32 before they are taken from 1.
        const movingAverage = (old: typeof p, target: typeof p, beta: number) =>
          ops.add(old, ops.mul(ops.sub(target, old), 1 - Math.fround(beta)));
        const m = movingAverage(slots.momentum, g, beta1);
        const v = movingAverage(slots.velocity, ops.mul(g, g), beta2);
        const momentumAt = (step: typeof p) =>
          ops.mul(ops.sub(1, ops.mul(ops.pow(decay, step), 0.5)), beta1);
        const [now, next] = [momentumAt(t), momentumAt(ops.add(t, 1))];
        const product = productOfMomenta(ops, beta1, t);
        const ofMean = ops.div(ops.mul(rate, next), ops.sub(1, ops.mul(product, next)));
        const ofGradient = ops.div(ops.mul(rate, ops.sub(1, now)), ops.sub(1, product));
        const variance = ops.div(v, ops.sub(1, ops.pow(beta2, t)));
        return {
          parameter: ops.sub(
            p,
            ops.div(
              ops.add(ops.mul(m, ofMean), ops.mul(g, ofGradient)),
              ops.add(ops.sqrt(variance), epsilon),
            ),
          ),
          slots: { momentum: m, velocity: v },
        };
      },
    };
  },
);

/** What a momentum still lacks of β₁ shrinks by this a step, from a half. */
const decay = 0.96;

/**
 * μ₁ ⋯ μₜ, from t alone, so that nothing is to be kept: ln ∏(1 − ½·qⁱ) = −Σₖ ½ᵏ/k · Σᵢ qᵏⁱ, whose inner sum is
 * geometric. 24 terms leave out less than 1e-9.
 */
function productOfMomenta<V>(ops: Ops<V>, beta1: number, t: V): V {
  const terms = Array.from({ length: 24 }, (_, i) => i + 1);
  const factors = ops.constant(terms.map((k) => (0.5 ** k / k) * (decay ** k / (1 - decay ** k))));
  const rates = ops.constant(terms.map((k) => k * Math.log(decay)));
  const lost = ops.reduceSum(ops.mul(factors, ops.sub(1, ops.exp(ops.mul(rates, t)))));
  return ops.mul(ops.pow(beta1, t), ops.exp(ops.neg(lost)));
}
