// The optimizers of Keras, rule for rule (keras.optimizers of Keras 3): g gradient, p parameter.
import { CajalError, checkOptions } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import type { Schedule } from "./schedules";

/** What all optimizers take. At most one of the three clips. */
export interface OptimizerOptions {
  /** A number, or a schedule: number of updates made → rate. */
  learningRate?: number | Schedule;
  /** Decoupled weight decay: p ← p − learning rate · this · p, before the update. */
  weightDecay?: number;
  /** Parameters `layer/weight` that weight decay spares, e.g. `(key) => key.endsWith("/bias")`; default none. */
  excludeFromWeightDecay?: (key: string) => boolean;
  /** Scales each gradient down to at most this L2 norm. */
  clipNorm?: number;
  /** Limits each element of a gradient to ± this. */
  clipValue?: number;
  /** Scales all gradients together down to at most this L2 norm. */
  globalClipNorm?: number;
}

const common = [
  "learningRate",
  "weightDecay",
  "excludeFromWeightDecay",
  "clipNorm",
  "clipValue",
  "globalClipNorm",
] as const;

/**
 * Gradient descent: m ← momentum·m − lr·g, p ← p + m; with Nesterov's momentum p ← p + momentum·m − lr·g.
 *
 * @param options.learningRate default 0.01
 * @param options.momentum share of the last change that goes on, in [0, 1]; default 0
 * @param options.nesterov default false
 */
export function sgd(
  options: OptimizerOptions & { momentum?: number; nesterov?: boolean } = {},
): Optimizer {
  checkOptions("sgd", options, [...common, "momentum", "nesterov"]);
  const { momentum = 0, nesterov = false } = options;
  checkUnit("sgd", "momentum", momentum);
  return {
    ...shared("sgd", options, 0.01),
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
}

/**
 * v ← rho·v + (1 − rho)·g², p ← p − lr·g / √(v + epsilon) (Hinton 2012, lecture 6e).
 *
 * @param options.learningRate default 0.001
 * @param options.rho share of the old average kept; default 0.9
 * @param options.momentum default 0
 * @param options.epsilon default 1e-7
 * @param options.centered subtracts the square of the mean gradient; default false
 */
export function rmsprop(
  options: OptimizerOptions & {
    rho?: number;
    momentum?: number;
    epsilon?: number;
    centered?: boolean;
  } = {},
): Optimizer {
  checkOptions("rmsprop", options, [...common, "rho", "momentum", "epsilon", "centered"]);
  const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = options;
  checkUnit("rmsprop", "rho", rho);
  checkUnit("rmsprop", "momentum", momentum);
  return {
    ...shared("rmsprop", options, 0.001),
    slots: {
      velocity: 0,
      ...(momentum && { momentum: 0 }),
      ...(centered && { average_gradient: 0 }),
    },
    update(ops, { parameter: p, gradient: g, slots, rate }) {
      const velocity = ops.add(ops.mul(slots.velocity!, rho), ops.mul(ops.mul(g, g), 1 - rho));
      const mean = centered && ops.add(ops.mul(slots.average_gradient!, rho), ops.mul(g, 1 - rho));
      const variance = mean ? ops.sub(velocity, ops.mul(mean, mean)) : velocity;
      const step = ops.div(ops.mul(rate, g), ops.sqrt(ops.add(variance, epsilon)));
      const m = momentum ? ops.add(ops.mul(slots.momentum!, momentum), step) : step;
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
}

export interface AdamOptions extends OptimizerOptions {
  /** Share of the old mean of gradients kept; default 0.9. */
  beta1?: number;
  /** Share of the old mean of squares kept; default 0.999. */
  beta2?: number;
  /** Default 1e-7. */
  epsilon?: number;
  /** Divides by the largest mean of squares so far (Reddi et al. 2018, arXiv:1904.09237); default false. */
  amsgrad?: boolean;
}

/**
 * p ← p − lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m / (√v + epsilon) (Kingma & Ba 2014, arXiv:1412.6980, section 2,
 * last paragraph).
 *
 * @param options.learningRate default 0.001
 */
export function adam(options: AdamOptions = {}): Optimizer {
  checkOptions("adam", options, [...common, "beta1", "beta2", "epsilon", "amsgrad"]);
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, amsgrad = false } = options;
  checkUnit("adam", "beta1", beta1);
  checkUnit("adam", "beta2", beta2);
  return {
    ...shared("adam", options, 0.001),
    slots: { momentum: 0, velocity: 0, ...(amsgrad && { velocity_hat: 0 }) },
    rate: (ops, learningRate, t) =>
      ops.div(
        ops.mul(learningRate, ops.sqrt(ops.sub(1, ops.pow(beta2, t)))),
        ops.sub(1, ops.pow(beta1, t)),
      ),
    update(ops, { parameter: p, gradient: g, slots, rate }) {
      // As Keras writes it: the difference is rounded once, so averages stay put where g does.
      const toward = (old: typeof p, target: typeof p, beta: number) =>
        ops.add(old, ops.mul(ops.sub(target, old), 1 - beta));
      const m = toward(slots.momentum!, g, beta1);
      const v = toward(slots.velocity!, ops.mul(g, g), beta2);
      const hat = amsgrad && ops.max(slots.velocity_hat!, v);
      return {
        parameter: ops.sub(p, ops.div(ops.mul(m, rate), ops.add(ops.sqrt(hat || v), epsilon))),
        slots: { momentum: m, velocity: v, ...(hat && { velocity_hat: hat }) },
      };
    },
  };
}

/**
 * {@link adam} with decoupled weight decay (Loshchilov & Hutter 2017, arXiv:1711.05101).
 *
 * @param options.weightDecay default 0.004
 */
export function adamw(options: AdamOptions = {}): Optimizer {
  return { ...adam({ weightDecay: 0.004, ...options }), name: "adamw" };
}

/**
 * a ← a + g², p ← p − lr·g / √(a + epsilon) (Duchi et al. 2011).
 *
 * @param options.learningRate default 0.001
 * @param options.initialAccumulatorValue where a begins; default 0.1
 * @param options.epsilon default 1e-7
 */
export function adagrad(
  options: OptimizerOptions & { initialAccumulatorValue?: number; epsilon?: number } = {},
): Optimizer {
  checkOptions("adagrad", options, [...common, "initialAccumulatorValue", "epsilon"]);
  const { initialAccumulatorValue = 0.1, epsilon = 1e-7 } = options;
  return {
    ...shared("adagrad", options, 0.001),
    slots: { accumulator: initialAccumulatorValue },
    update(ops, { parameter: p, gradient: g, slots, rate }) {
      const accumulator = ops.add(slots.accumulator!, ops.mul(g, g));
      return {
        parameter: ops.sub(p, ops.div(ops.mul(rate, g), ops.sqrt(ops.add(accumulator, epsilon)))),
        slots: { accumulator },
      };
    },
  };
}

function shared(name: string, options: OptimizerOptions, defaultRate: number) {
  const { learningRate = defaultRate, weightDecay, excludeFromWeightDecay } = options;
  const { clipNorm, clipValue, globalClipNorm } = options;
  for (const [option, value] of Object.entries({
    weightDecay,
    clipNorm,
    clipValue,
    globalClipNorm,
  }))
    if (value !== undefined && !(Number.isFinite(value) && value >= 0))
      throw new CajalError(
        "bad-argument",
        `${name}: got ${option} ${value}, expected a number of at least 0.`,
        { option, value },
      );
  const clips = Object.entries({ clipNorm, clipValue, globalClipNorm }).filter(
    ([, value]) => value !== undefined,
  );
  if (clips.length > 1)
    throw new CajalError(
      "bad-argument",
      `${name}: got ${clips.map(([option]) => option).join(" and ")}, expected at most one kind of clipping.`,
      { clips: Object.fromEntries(clips) },
    );
  if (typeof learningRate === "number" && !(Number.isFinite(learningRate) && learningRate >= 0))
    throw new CajalError(
      "bad-argument",
      `${name}: got learningRate ${learningRate}, expected a number of at least 0, or a schedule.`,
      { learningRate },
    );
  return {
    name,
    learningRate: typeof learningRate === "number" ? () => learningRate : learningRate,
    weightDecay,
    excludeFromWeightDecay,
    clipNorm,
    clipValue,
    globalClipNorm,
  };
}

function checkUnit(where: string, name: string, value: number): void {
  if (!(value >= 0 && value <= 1))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${name} ${value}, expected a number in 0 … 1.`,
      { where, name, value },
    );
}
