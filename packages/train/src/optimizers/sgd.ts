import { checkOptions, optionsOf } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import {
  commonOptions,
  defineOptimizer,
  sharedFields,
  type OptimizerOptions,
} from "./defineOptimizer";

export interface SgdOptions extends OptimizerOptions {
  /** Share of the previous change that is added again, 0 … 1; default 0. */
  momentum?: number;
  /** Default false. */
  nesterov?: boolean;
}

const optionKinds = optionsOf<SgdOptions>({
  ...commonOptions,
  momentum: { least: 0, most: 1 },
  nesterov: "boolean",
});

/**
 * Gradient descent: m ← momentum·m − lr·g, p ← p + m; with Nesterov's momentum p ← p + momentum·m − lr·g.
 *
 * @param options.learningRate default 0.01
 */
export const sgd = defineOptimizer(
  ["sgd"],
  (options: SgdOptions = {}): Optimizer<{ momentum?: number }> => {
    checkOptions("sgd", options, optionKinds);
    const { momentum = 0, nesterov = false } = options;
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
