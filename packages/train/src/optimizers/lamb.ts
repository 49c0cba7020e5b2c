import { checkOptions } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import { betaOptions, betasOf, type BetaOptions } from "./betas";
import { defineOptimizer, sharedFields } from "./defineOptimizer";

/**
 * Adam whose step is as long, beside its weight, as the learning rate says: u = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + epsilon),
 * p ← p − lr · ‖p‖/‖u‖ · u, over all elements of a weight; lr · u where either norm is 0 (You et al. 2019,
 * arXiv:1904.00962, algorithm 2, for batches of thousands).
 *
 * @param options.learningRate default 0.001
 */
export const lamb = defineOptimizer(
  ["lamb"],
  (options: BetaOptions = {}): Optimizer<{ momentum: number; velocity: number }> => {
    checkOptions("lamb", options, betaOptions);
    const betas = betasOf("lamb", options);
    const { beta1, beta2, epsilon } = betas;
    return {
      ...sharedFields("lamb", options, { defaultRate: 0.001, hyperparameters: betas }),
      slots: { momentum: 0, velocity: 0 },
      update(ops, { parameter: p, gradient: g, slots, rate, iteration: t }) {
        const movingAverage = (old: typeof p, target: typeof p, beta: number) =>
          ops.add(old, ops.mul(ops.sub(target, old), 1 - beta));
        const norm = (x: typeof p) => ops.sqrt(ops.reduceSum(ops.mul(x, x)));
        const m = movingAverage(slots.momentum, g, beta1);
        const v = movingAverage(slots.velocity, ops.mul(g, g), beta2);
        const variance = ops.div(v, ops.sub(1, ops.pow(beta2, t)));
        const mean = ops.div(m, ops.sub(1, ops.pow(beta1, t)));
        const u = ops.div(mean, ops.add(ops.sqrt(variance), epsilon));
        const [ofWeight, ofStep] = [norm(p), norm(u)];
        const ratio = ops.where(
          ops.greater(ops.mul(ofWeight, ofStep), 0),
          ops.div(ofWeight, ofStep),
          1,
        );
        return {
          parameter: ops.sub(p, ops.mul(u, ops.mul(ratio, rate))),
          slots: { momentum: m, velocity: v },
        };
      },
    };
  },
);
