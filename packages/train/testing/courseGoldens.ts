// The course's training runs as Keras computed them, and how what we compute is compared with them.
import { readFileSync } from "node:fs";
import type { NamedBatch, Weights } from "@cajal/core";
import type { ModelConfig } from "@cajal/models";
import { openTrainStep, type Optimizer, type TrainStepOptions } from "@cajal/runtime";
import { shared } from "../../core/testing/shared";
import { generatedWeight } from "../../models/testing/generated";
import { adam, adamw, averaged, exponentialDecay, rmsprop, sgd } from "../src/index";

/** Runs in which several networks take part. */
export const ofSeveralNetworks = [
  "autoencoder/vae",
  "gan/dcgan_trainable_false",
  "gan/dcgan_training_mode",
  "gan/wgan_clipping",
] as const;

interface Sample {
  readonly shape: readonly number[];
  readonly l2: number;
  readonly first5: readonly number[];
}

export interface KerasOptimizer {
  readonly class_name: string;
  readonly config: Readonly<Record<string, never>>;
}

export interface Golden {
  readonly case: string;
  readonly models: Readonly<
    Record<string, { config: object; weights: readonly [string, readonly number[]][] }>
  >;
  readonly gains: Readonly<Record<string, number>>;
  readonly data: { readonly formula: string };
  readonly optimizer: KerasOptimizer | Readonly<Record<string, KerasOptimizer>>;
  readonly steps: number;
  readonly loss_at_each_step: readonly number[];
  readonly series_at_each_step?: Readonly<Record<string, readonly number[]>>;
  readonly gradients_of_first_step: Readonly<Record<string, Sample>>;
  readonly weights_at_the_end: Readonly<Record<string, Sample>>;
  readonly suggested_tolerance: Readonly<
    Record<
      | "loss_at_each_step"
      | "gradients_of_first_step"
      | "series_at_each_step"
      | "weights_at_the_end",
      number
    >
  >;
}

export const readGolden = (name: string): Golden =>
  JSON.parse(readFileSync(shared(`reference/course/${name}.json`), "utf8"));

/** The weights that a network of a run begins with; `within`: what the model is called where it is nested. */
export function startOf(
  { models, gains }: Golden,
  name = Object.keys(models)[0]!,
  within = "",
): Weights {
  return new Map(
    models[name]!.weights.map(([key, shape]) => [within + key, generatedWeight("", key, shape, gains[key])] as const), // prettier-ignore
  );
}

/** Gradients of the weights: one step of plain descent moves each by its gradient times the rate. */
export async function gradientsOf(
  model: ModelConfig,
  start: Weights,
  options: Omit<TrainStepOptions, "optimizer">,
  batch: NamedBatch,
): Promise<ReadonlyMap<string, Float32Array>> {
  // A large power of 2, so that rounding is small.
  const rate = 256;
  await using probe = await openTrainStep(model, start, {
    ...options,
    learningRateMultipliers: {},
    optimizer: sgd({ learningRate: rate }),
    verify: false,
  });
  await probe.run(batch);
  const moved = await probe.weights();
  return new Map(
    [...start].map(([key, { data }]) => {
      const after = moved.get(key)!.data;
      return [
        key,
        Float32Array.from(data as Float32Array, (value, i) => (value - Number(after[i])) / rate),
      ];
    }),
  );
}

export function optimizerOf({ class_name, config }: KerasOptimizer): Optimizer {
  const { learning_rate, clipnorm, clipvalue, global_clipnorm, beta_1, beta_2, epsilon } = config;
  const { config: decay } = Object(learning_rate) as { config?: Readonly<Record<string, never>> };
  const common = {
    learningRate: decay
      ? exponentialDecay(decay.initial_learning_rate!, {
          decaySteps: decay.decay_steps!,
          decayRate: decay.decay_rate!,
          staircase: decay.staircase!,
        })
      : learning_rate!,
    ...(clipnorm === undefined ? {} : { clipNorm: clipnorm }),
    ...(clipvalue === undefined ? {} : { clipValue: clipvalue }),
    ...(global_clipnorm === undefined ? {} : { globalClipNorm: global_clipnorm }),
  };
  const moments = { beta1: beta_1!, beta2: beta_2!, epsilon: epsilon! };
  const optimizer = {
    SGD: () => sgd({ ...common, momentum: config.momentum ?? 0, nesterov: config.nesterov ?? false }), // prettier-ignore
    Adam: () => adam({ ...common, ...moments }),
    AdamW: () => adamw({ ...common, ...moments, weightDecay: config.weight_decay! }),
    RMSprop: () => rmsprop({ ...common, rho: config.rho!, epsilon: epsilon! }),
  }[class_name]!();
  return config.use_ema ? averaged(optimizer, { momentum: config.ema_momentum! }) : optimizer;
}

/** The largest difference, as the files state their tolerances. */
export function difference(
  got: ReadonlyMap<string, Float32Array>,
  expected: Readonly<Record<string, Sample>>,
): number {
  const largestOf = (data: Float32Array) =>
    data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const whole = Math.max(...Object.keys(expected).map((key) => largestOf(got.get(key)!)));
  let worst = 0;
  for (const [key, { first5, l2 }] of Object.entries(expected)) {
    const values = got.get(key)!;
    const scale = Math.max(largestOf(values), 1e-3 * whole, 1e-30);
    first5.forEach((value, i) => (worst = Math.max(worst, Math.abs(values[i]! - value) / scale)));
    worst = Math.max(
      worst,
      Math.abs(Math.hypot(...values) - l2) / scale / Math.sqrt(values.length),
    );
  }
  return worst;
}
