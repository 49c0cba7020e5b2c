import { checkOptions, optionsOf } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import {
  commonOptions,
  defineOptimizer,
  sharedFields,
  type OptimizerOptions,
} from "./defineOptimizer";

export interface FtrlOptions extends OptimizerOptions {
  /** Power to which the sum of squares lowers the learning rate, at most 0: 0 is a fixed rate; default −0.5. */
  learningRatePower?: number;
  /** Initial value of a; default 0.1. */
  initialAccumulatorValue?: number;
  /** L1 penalty, at least 0: weights whose sum of gradients is smaller become exactly 0; default 0. */
  l1RegularizationStrength?: number;
  /** L2 penalty that stabilizes, at least 0; default 0. */
  l2RegularizationStrength?: number;
  /** L2 penalty of the size of weights, at least 0, which is part of the gradient; default 0. */
  l2ShrinkageRegularizationStrength?: number;
  /** β of the paper, at least 0; default 0. */
  beta?: number;
}

const optionKinds = optionsOf<FtrlOptions>({
  ...commonOptions,
  learningRatePower: { most: 0 },
  initialAccumulatorValue: { least: 0 },
  l1RegularizationStrength: { least: 0 },
  l2RegularizationStrength: { least: 0 },
  l2ShrinkageRegularizationStrength: { least: 0 },
  beta: { least: 0 },
});

/**
 * Follow the regularized leader: with a′ = a + g² and power q, z ← z + g + 2·shrinkage·p − (a′⁻q − a⁻q)/lr · p, a ← a′,
 * p ← (clip(z, ±l1) − z) / (a′⁻q/lr + 2·l2 + beta/lr) (McMahan et al. 2013, Ad Click Prediction, algorithm 1). Where the
 * learning rate is 0, p and z stay.
 *
 * @param options.learningRate default 0.001
 */
export const ftrl = defineOptimizer(
  ["ftrl"],
  (options: FtrlOptions = {}): Optimizer<{ accumulator: number; linear: number }> => {
    checkOptions("ftrl", options, optionKinds);
    const { learningRatePower = -0.5, initialAccumulatorValue = 0.1, beta = 0 } = options;
    const l1 = options.l1RegularizationStrength ?? 0;
    const l2 = options.l2RegularizationStrength ?? 0;
    const shrinkage = options.l2ShrinkageRegularizationStrength ?? 0;
    return {
      ...sharedFields("ftrl", options, {
        defaultRate: 0.001,
        hyperparameters: {
          learningRatePower,
          initialAccumulatorValue,
          l1RegularizationStrength: l1,
          l2RegularizationStrength: l2,
          l2ShrinkageRegularizationStrength: shrinkage,
          beta,
        },
      }),
      slots: { accumulator: initialAccumulatorValue, linear: 0 },
      update(ops, { parameter: p, gradient: g, slots, rate }) {
        const squares = ops.add(slots.accumulator, ops.mul(g, g));
        const slowed = (a: typeof p) => ops.pow(a, -learningRatePower);
        const shrunk = shrinkage === 0 ? g : ops.add(g, ops.mul(p, 2 * shrinkage));
        const change = ops.div(ops.sub(slowed(squares), slowed(slots.accumulator)), rate);
        const linear = ops.add(slots.linear, ops.sub(shrunk, ops.mul(change, p)));
        const quadratic = ops.add(ops.div(ops.add(slowed(squares), beta), rate), 2 * l2);
        const moved = ops.div(ops.sub(ops.clip(linear, -l1, l1), linear), quadratic);
        const moves = ops.greater(rate, 0);
        return {
          parameter: ops.where(moves, moved, p),
          slots: { accumulator: squares, linear: ops.where(moves, linear, slots.linear) },
        };
      },
    };
  },
);
