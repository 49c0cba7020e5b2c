import { checkOptions } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import {
  checkShare,
  commonOptions,
  defineOptimizer,
  sharedFields,
  type OptimizerOptions,
} from "./defineOptimizer";

/**
 * Gradient descent: m ← momentum·m − lr·g, p ← p + m; with Nesterov's momentum p ← p + momentum·m − lr·g.
 *
 * @param options.learningRate default 0.01
 * @param options.momentum share of the previous change that is added again, in [0, 1]; default 0
 * @param options.nesterov default false
 */
export const sgd = defineOptimizer(
  ["sgd"],
  (
    options: OptimizerOptions & { momentum?: number; nesterov?: boolean } = {},
  ): Optimizer<{ momentum?: number }> => {
    checkOptions("sgd", options, [...commonOptions, "momentum", "nesterov"]);
    const { momentum = 0, nesterov = false } = options;
    checkShare("sgd", "momentum", momentum);
    return {
      ...sharedFields("sgd", options, {
        defaultRate: 0.01,
        hyperparameters: { momentum, nesterov },
      }),
      slots: momentum ? { momentum: 0 } : {},
      update(ops, { parameter: p, gradient: g, slots, rate }) {
        const step = ops.mul(rate, g);
        if (slots.momentum === undefined) return { parameter: ops.sub(p, step), slots: {} };
        const m = ops.sub(ops.mul(slots.momentum, momentum), step);
        return {
          parameter: ops.add(p, nesterov ? ops.sub(ops.mul(m, momentum), step) : m),
          slots: { momentum: m },
        };
      },
    };
  },
);
