import { checkOptions, optionsOf } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import {
  checkShare,
  commonOptions,
  defineOptimizer,
  sharedFields,
  type OptimizerOptions,
} from "./defineOptimizer";

export interface LionOptions extends OptimizerOptions {
  /** Share of the mean of gradients in the step's sign, above 0 and below 1; default 0.9. */
  beta1?: number;
  /** Share of the old mean of gradients kept, below 1; default 0.99. */
  beta2?: number;
}

const optionKinds = optionsOf<LionOptions>({ ...commonOptions, beta1: true, beta2: true });

/**
 * p ← p − lr·sign(β₁·m + (1 − β₁)·g), m ← β₂·m + (1 − β₂)·g (Chen et al. 2023, arXiv:2302.06675, algorithm 2). Every
 * weight goes as far as the learning rate says: a third to a tenth of Adam's suits.
 *
 * @param options.learningRate default 0.001
 */
export const lion = defineOptimizer(
  ["lion"],
  (options: LionOptions = {}): Optimizer<{ momentum: number }> => {
    checkOptions("lion", options, optionKinds);
    const { beta1 = 0.9, beta2 = 0.99 } = options;
    checkShare("lion", "beta1", beta1);
    checkShare("lion", "beta2", beta2);
    return {
      ...sharedFields("lion", options, { defaultRate: 0.001, hyperparameters: { beta1, beta2 } }),
      slots: { momentum: 0 },
      update(ops, { parameter: p, gradient: g, slots, rate }) {
        const mix = (beta: number) =>
          ops.add(ops.mul(slots.momentum, beta), ops.mul(g, 1 - Math.fround(beta)));
        const direction = mix(beta1);
        const sign = ops.sub(
          ops.cast(ops.greater(direction, 0), "float32"),
          ops.cast(ops.less(direction, 0), "float32"),
        );
        return { parameter: ops.sub(p, ops.mul(rate, sign)), slots: { momentum: mix(beta2) } };
      },
    };
  },
);
