import { checkOptions, optionsOf } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import {
  checkShare,
  commonOptions,
  defineOptimizer,
  sharedFields,
  type OptimizerOptions,
} from "./defineOptimizer";

export interface AdadeltaOptions extends OptimizerOptions {
  /** Share of the old averages kept, below 1; default 0.95. */
  rho?: number;
  /** Default 1e-7. */
  epsilon?: number;
}

const optionKinds = optionsOf<AdadeltaOptions>({
  ...commonOptions,
  rho: true,
  epsilon: { least: 0 },
});

/**
 * a ← rho·a + (1 − rho)·g², Δ = g·√(d + epsilon) / √(a + epsilon), d ← rho·d + (1 − rho)·Δ², p ← p − lr·Δ
 * (Zeiler 2012, arXiv:1212.5701, algorithm 1, where lr is 1).
 *
 * @param options.learningRate default 0.001
 */
export const adadelta = defineOptimizer(
  ["adadelta"],
  (
    options: AdadeltaOptions = {},
  ): Optimizer<{ accumulated_grad: number; accumulated_delta_var: number }> => {
    checkOptions("adadelta", options, optionKinds);
    const { rho = 0.95, epsilon = 1e-7 } = options;
    checkShare("adadelta", "rho", rho);
    return {
      ...sharedFields("adadelta", options, {
        defaultRate: 0.001,
        hyperparameters: { rho, epsilon },
      }),
      slots: { accumulated_grad: 0, accumulated_delta_var: 0 },
      update(ops, { parameter: p, gradient: g, slots, rate }) {
        const average = (old: typeof p, x: typeof p) =>
          ops.add(ops.mul(old, rho), ops.mul(ops.mul(x, x), 1 - rho));
        const rms = (squares: typeof p) => ops.sqrt(ops.add(squares, epsilon));
        const grads = average(slots.accumulated_grad, g);
        const delta = ops.div(ops.mul(rms(slots.accumulated_delta_var), g), rms(grads));
        return {
          parameter: ops.sub(p, ops.mul(rate, delta)),
          slots: {
            accumulated_grad: grads,
            accumulated_delta_var: average(slots.accumulated_delta_var, delta),
          },
        };
      },
    };
  },
);
