import { checkOptions, optionsOf } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import {
  checkShare,
  commonOptions,
  defineOptimizer,
  sharedFields,
  type OptimizerOptions,
} from "./defineOptimizer";

export interface AdamaxOptions extends OptimizerOptions {
  /** Share of the old mean of gradients kept, below 1; default 0.9. */
  beta1?: number;
  /** Share of the largest gradient so far that is kept, below 1; default 0.999. */
  beta2?: number;
  /** Default 1e-7. */
  epsilon?: number;
}

const optionKinds = optionsOf<AdamaxOptions>({
  ...commonOptions,
  beta1: true,
  beta2: true,
  epsilon: { least: 0 },
});

/**
 * m ← β₁·m + (1 − β₁)·g, u ← max(β₂·u, |g|), p ← p − lr/(1 − β₁ᵗ) · m / (u + epsilon) (Kingma & Ba 2014,
 * arXiv:1412.6980, algorithm 2).
 *
 * @param options.learningRate default 0.001
 */
export const adamax = defineOptimizer(
  ["adamax"],
  (options: AdamaxOptions = {}): Optimizer<{ momentum: number; norm: number }> => {
    checkOptions("adamax", options, optionKinds);
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
    checkShare("adamax", "beta1", beta1);
    checkShare("adamax", "beta2", beta2);
    return {
      ...sharedFields("adamax", options, {
        defaultRate: 0.001,
        hyperparameters: { beta1, beta2, epsilon },
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
