import { checkOptions } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import { betaOptions, betasOf, type BetaOptions } from "./betas";
import { defineOptimizer, sharedFields } from "./defineOptimizer";

/**
 * m ← β₁·m + (1 − β₁)·g, u ← max(β₂·u, |g|), p ← p − lr/(1 − β₁ᵗ) · m / (u + epsilon) (Kingma & Ba 2014,
 * arXiv:1412.6980, algorithm 2).
 *
 * @param options.learningRate default 0.001
 */
export const adamax = defineOptimizer(
  ["adamax"],
  (options: BetaOptions = {}): Optimizer<{ momentum: number; norm: number }> => {
    checkOptions("adamax", options, betaOptions);
    const betas = betasOf("adamax", options);
    const { beta1, beta2, epsilon } = betas;
    return {
      ...sharedFields("adamax", options, {
        defaultRate: 0.001,
        hyperparameters: betas,
      }),
      slots: { momentum: 0, norm: 0 },
      rate: (ops, learningRate, t) => ops.div(learningRate, ops.sub(1, ops.pow(beta1, t))),
      update(ops, { parameter: p, gradient: g, slots, rate }) {
        const m = ops.add(slots.momentum, ops.mul(ops.sub(g, slots.momentum), 1 - beta1));
        const u = ops.max(ops.mul(slots.norm, beta2), ops.abs(g));
        return {
          parameter: ops.sub(p, ops.div(ops.mul(m, rate), ops.add(u, epsilon))),
          slots: { momentum: m, norm: u },
        };
      },
    };
  },
);
