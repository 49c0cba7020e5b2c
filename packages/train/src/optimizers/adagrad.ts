import { checkOptions } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import {
  checkEpsilon,
  commonOptions,
  defineOptimizer,
  sharedFields,
  type OptimizerOptions,
} from "./defineOptimizer";

/**
 * a ← a + g², p ← p − lr·g / √(a + epsilon) (Duchi et al. 2011).
 *
 * @param options.learningRate default 0.001
 * @param options.initialAccumulatorValue initial value of a; default 0.1
 * @param options.epsilon default 1e-7
 */
export const adagrad = defineOptimizer(
  ["adagrad"],
  (
    options: OptimizerOptions & { initialAccumulatorValue?: number; epsilon?: number } = {},
  ): Optimizer<{ accumulator: number }> => {
    checkOptions("adagrad", options, [...commonOptions, "initialAccumulatorValue", "epsilon"]);
    const { initialAccumulatorValue = 0.1, epsilon = 1e-7 } = options;
    checkEpsilon("adagrad", "initialAccumulatorValue", initialAccumulatorValue);
    checkEpsilon("adagrad", "epsilon", epsilon);
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
