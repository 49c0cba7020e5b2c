// What every optimizer shares, in Keras' order: clipping, weight decay, then the optimizer's own rule.
import type { Ops } from "./ops";
import type { Optimizer } from "./trainStep";

export interface Parameter<V> {
  /** `layer/weight` */
  readonly key: string;
  readonly value: V;
  readonly gradient: V;
  readonly slots: Readonly<Record<string, V>>;
  /** Factor of the learning rate. */
  readonly multiplier: number;
}

export interface UpdatedParameter<V> {
  readonly key: string;
  readonly value: V;
  readonly slots: Readonly<Record<string, V>>;
}

/**
 * @param at.learningRate float32 scalar
 * @param at.iteration float32 scalar, 1 in the first step
 */
export function updateParameters<V>(
  ops: Ops<V>,
  optimizer: Optimizer,
  parameters: readonly Parameter<V>[],
  { learningRate, iteration }: { learningRate: V; iteration: V },
): UpdatedParameter<V>[] {
  const gradients = clipped(
    ops,
    optimizer,
    parameters.map(({ gradient }) => gradient),
  );
  const base = optimizer.rate?.(ops, learningRate, iteration) ?? learningRate;
  return parameters.map(({ key, value, slots, multiplier }, i) => {
    const scaled = (rate: V) => (multiplier === 1 ? rate : ops.mul(rate, multiplier));
    const { weightDecay, excludeFromWeightDecay } = optimizer;
    // p ← p − lr · decay · p
    const decayed =
      weightDecay && !excludeFromWeightDecay?.(key)
        ? ops.sub(value, ops.mul(value, ops.mul(scaled(learningRate), weightDecay)))
        : value;
    const updated = optimizer.update(ops, {
      parameter: decayed,
      gradient: gradients[i]!,
      slots,
      rate: scaled(base),
      iteration,
    });
    return { key, value: updated.parameter, slots: updated.slots };
  });
}

function clipped<V>(ops: Ops<V>, optimizer: Optimizer, gradients: readonly V[]): readonly V[] {
  const { clipNorm, clipValue, globalClipNorm } = optimizer;
  if (clipNorm !== undefined)
    return gradients.map((g) => {
      const scale = scaleOf(ops, largest(ops, g));
      return ops.mul(g, shrink(ops, { squared: squares(ops, g, scale), scale, most: clipNorm }));
    });
  if (globalClipNorm !== undefined) {
    const scale = scaleOf(
      ops,
      gradients.map((g) => largest(ops, g)).reduce((a, b) => ops.max(a, b)),
    );
    const squared = gradients.map((g) => squares(ops, g, scale)).reduce((a, b) => ops.add(a, b));
    const factor = shrink(ops, { squared, scale, most: globalClipNorm });
    return gradients.map((g) => ops.mul(g, factor));
  }
  if (clipValue !== undefined) return gradients.map((g) => ops.clip(g, -clipValue, clipValue));
  return gradients;
}

const largest = <V>(ops: Ops<V>, x: V) => ops.reduceMax(ops.abs(x));

/** What large gradients are divided by before they are squared: their squares would be infinite. */
const scaleOf = <V>(ops: Ops<V>, most: V) => ops.clip(most, 1, 3.4e38);

const squares = <V>(ops: Ops<V>, x: V, scale: V) => {
  const scaled = ops.div(x, scale);
  return ops.reduceSum(ops.mul(scaled, scaled));
};

/** The factor that brings a norm, scale · √squared, down to `most`: most / max(norm, most). */
const shrink = <V>(
  ops: Ops<V>,
  { squared, scale, most }: { squared: V; scale: V; most: number },
) => {
  // In units of the scale, for the norm itself may be infinite.
  const limit = ops.div(most, scale);
  return ops.div(limit, ops.max(ops.sqrt(squared), limit));
};
