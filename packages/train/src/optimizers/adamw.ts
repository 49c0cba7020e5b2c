import { adamOf, type AdamOptions } from "./adam";
import { defineOptimizer } from "./defineOptimizer";

/**
 * {@link adam} with decoupled weight decay (Loshchilov & Hutter 2017, arXiv:1711.05101).
 *
 * @param options.weightDecay default 0.004
 */
export const adamw = defineOptimizer(["adamw"], (options?: AdamOptions) =>
  adamOf("adamw", options, 0.004),
);
