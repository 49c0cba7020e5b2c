import { checkOptions } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import {
  checkShare,
  common,
  defineOptimizer,
  shared,
  type OptimizerOptions,
} from "./defineOptimizer";

/**
 * Gradient descent: m ← momentum·m − lr·g, p ← p + m; with Nesterov's momentum p ← p + momentum·m − lr·g.
 *
 * @param options.learningRate default 0.01
 * @param options.momentum share of the last change that goes on, in [0, 1]; default 0
 * @param options.nesterov default false
 */
export const sgd = defineOptimizer(
  ["sgd"],
  (options: OptimizerOptions & { momentum?: number; nesterov?: boolean } = {}): Optimizer => {
    checkOptions("sgd", options, [...common, "momentum", "nesterov"]);
    const { momentum = 0, nesterov = false } = options;
    checkShare("sgd", "momentum", momentum);
    return {
      ...shared("sgd", options, { defaultRate: 0.01, own: { momentum, nesterov } }),
      slots: momentum ? { momentum: 0 } : {},
      update: momentum
        ? (ops, { parameter: p, gradient: g, slots, rate }) => {
            const step = ops.mul(rate, g);
            const m = ops.sub(ops.mul(slots.momentum!, momentum), step);
            return {
              parameter: ops.add(p, nesterov ? ops.sub(ops.mul(m, momentum), step) : m),
              slots: { momentum: m },
            };
          }
        : (ops, { parameter: p, gradient: g, rate }) => ({
            parameter: ops.sub(p, ops.mul(rate, g)),
            slots: {},
          }),
    };
  },
);
