import { checkOptions, optionsOf } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import {
  commonOptions,
  defineOptimizer,
  sharedFields,
  type OptimizerOptions,
} from "./defineOptimizer";

export interface AdagradOptions extends OptimizerOptions {
  /** Initial value of a; default 0.1. */
  initialAccumulatorValue?: number;
  /** Default 1e-7. */
  epsilon?: number;
}

const optionKinds = optionsOf<AdagradOptions>({
  ...commonOptions,
  initialAccumulatorValue: { least: 0 },
  epsilon: { least: 0 },
});

/**
 * a ← a + g², p ← p − lr·g / √(a + epsilon) (Duchi et al. 2011).
 *
 * @param options.learningRate default 0.001
 */
export const adagrad = defineOptimizer(
  ["adagrad"],
  (options: AdagradOptions = {}): Optimizer<{ accumulator: number }> => {
    checkOptions("adagrad", options, optionKinds);
    const { initialAccumulatorValue = 0.1, epsilon = 1e-7 } = options;
    return {
      ...sharedFields("adagrad", options, {
        defaultRate: 0.001,
        hyperparameters: { initialAccumulatorValue, epsilon },
      }),
      slots: { accumulator: initialAccumulatorValue },
      update(ops, { parameter: p, gradient: g, slots, rate }) {
        const accumulator = ops.add(slots.accumulator, ops.mul(g, g));
        return {
          parameter: ops.sub(p, ops.div(ops.mul(rate, g), ops.sqrt(ops.add(accumulator, epsilon)))),
          slots: { accumulator },
        };
      },
    };
  },
);
