import { checkOptions, optionsOf } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import { betaOptions, betasOf, type BetaOptions } from "./betas";
import { defineOptimizer, sharedFields } from "./defineOptimizer";

type AdamOptimizer = Optimizer<{ momentum: number; velocity: number; velocity_hat?: number }>;

export interface AdamOptions extends BetaOptions {
  /** Divides by the largest mean of squares so far (Reddi et al. 2018, arXiv:1904.09237); default false. */
  amsgrad?: boolean;
}

const optionKinds = optionsOf<AdamOptions>({ ...betaOptions, amsgrad: "boolean" });

/**
 * p ← p − lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m / (√v + epsilon) (Kingma & Ba 2014, arXiv:1412.6980, section 2,
 * last paragraph). The gradient of an embedding's row is the sum over its words, as Keras has it on PyTorch; on TensorFlow it squares
 * them one by one for v.
 *
 * @param options.learningRate default 0.001
 */
export const adam = defineOptimizer(["adam"], (options?: AdamOptions) => adamOf("adam", options));

/** @param defaultDecay the weight decay where the options have none */
export function adamOf(
  name: string,
  options: AdamOptions = {},
  defaultDecay?: number,
): AdamOptimizer {
  checkOptions(name, options, optionKinds);
  const { weightDecay = defaultDecay } = options;
  const { amsgrad = false } = options;
  const betas = betasOf(name, options);
  const { beta1, beta2, epsilon } = betas;
  return {
    ...sharedFields(
      name,
      { ...options, weightDecay },
      {
        defaultRate: 0.001,
        hyperparameters: { ...betas, amsgrad },
      },
    ),
    slots: { momentum: 0, velocity: 0, ...(amsgrad && { velocity_hat: 0 }) },
    rate: (ops, learningRate, t) =>
      ops.div(
        ops.mul(learningRate, ops.sqrt(ops.sub(1, ops.pow(beta2, t)))),
        ops.sub(1, ops.pow(beta1, t)),
      ),
    update(ops, { parameter: p, gradient: g, slots, rate }) {
      // In Keras' form: the difference is rounded once, so averages stay constant where g does.
      const movingAverage = (old: typeof p, target: typeof p, beta: number) =>
        ops.add(old, ops.mul(ops.sub(target, old), 1 - beta));
      const m = movingAverage(slots.momentum, g, beta1);
      const v = movingAverage(slots.velocity, ops.mul(g, g), beta2);
      const vHat = slots.velocity_hat && ops.max(slots.velocity_hat, v);
      return {
        parameter: ops.sub(p, ops.div(ops.mul(m, rate), ops.add(ops.sqrt(vHat ?? v), epsilon))),
        slots: { momentum: m, velocity: v, ...(vHat && { velocity_hat: vHat }) },
      };
    },
  };
}
