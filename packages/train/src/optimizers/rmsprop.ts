import { checkOptions, optionsOf } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import {
  checkShare,
  commonOptions,
  defineOptimizer,
  sharedFields,
  type OptimizerOptions,
} from "./defineOptimizer";

export interface RmspropOptions extends OptimizerOptions {
  /** Share of the old average kept, below 1; default 0.9. */
  rho?: number;
  /** Share of the previous change that is added again, 0 … 1; default 0. */
  momentum?: number;
  /** Default 1e-7. */
  epsilon?: number;
  /** Subtracts the square of the mean gradient; default false. */
  centered?: boolean;
}

const optionKinds = optionsOf<RmspropOptions>({
  ...commonOptions,
  rho: true,
  momentum: { least: 0, most: 1 },
  epsilon: { least: 0 },
  centered: "boolean",
});

/**
 * v ← rho·v + (1 − rho)·g², p ← p − lr·g / √(v + epsilon) (Hinton 2012, lecture 6e).
 *
 * @param options.learningRate default 0.001
 */
export const rmsprop = defineOptimizer(
  ["rmsprop"],
  (
    options: RmspropOptions = {},
  ): Optimizer<{ velocity: number; momentum?: number; average_gradient?: number }> => {
    checkOptions("rmsprop", options, optionKinds);
    const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = options;
    checkShare("rmsprop", "rho", rho);
    return {
      ...sharedFields("rmsprop", options, {
        defaultRate: 0.001,
        hyperparameters: { rho, momentum, epsilon, centered },
      }),
      slots: {
        velocity: 0,
        ...(momentum && { momentum: 0 }),
        ...(centered && { average_gradient: 0 }),
      },
      update(ops, { parameter: p, gradient: g, slots, rate }) {
        const velocity = ops.add(ops.mul(slots.velocity, rho), ops.mul(ops.mul(g, g), 1 - rho));
        const mean =
          slots.average_gradient &&
          ops.add(ops.mul(slots.average_gradient, rho), ops.mul(g, 1 - rho));
        const variance = mean ? ops.sub(velocity, ops.mul(mean, mean)) : velocity;
        const step = ops.div(ops.mul(rate, g), ops.sqrt(ops.add(variance, epsilon)));
        const m = slots.momentum ? ops.add(ops.mul(slots.momentum, momentum), step) : step;
        return {
          parameter: ops.sub(p, m),
          slots: {
            velocity,
            ...(momentum && { momentum: m }),
            ...(mean && { average_gradient: mean }),
          },
        };
      },
    };
  },
);
