// The update of parameters, in Keras' order: clipping, weight decay, then the optimizer's rule.
import { CajalError, showShape, showValue } from "@cajal/core";
import type { Ops } from "./ops";
import { extentsOf, valueOf } from "./ownFormulas";
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
  const gradients = clipGradients(
    ops,
    optimizer,
    parameters.map(({ gradient }) => gradient),
  );
  const correctedRate = optimizer.rate
    ? valueOf(`optimizer "${optimizer.name}": rate`, optimizer.rate(ops, learningRate, iteration))
    : learningRate;
  return parameters.map(({ key, value, slots, multiplier }, i) => {
    const withMultiplier = (rate: V) => (multiplier === 1 ? rate : ops.mul(rate, multiplier));
    const { weightDecay, excludeFromWeightDecay } = optimizer;
    // p ← p − lr · decay · p
    const parameter =
      weightDecay && !excludeFromWeightDecay?.(key)
        ? ops.sub(value, ops.mul(value, ops.mul(withMultiplier(learningRate), weightDecay)))
        : value;
    const result = optimizer.update(ops, {
      key,
      parameter,
      gradient: gradients[i]!,
      slots,
      rate: withMultiplier(correctedRate),
      iteration,
    });
    checkUpdate(optimizer, result);
    for (const [name, value] of Object.entries({ parameter: result.parameter, ...result.slots }))
      checkUpdated(ops, optimizer, { key, what: name, value, parameter });
    return { key, value: result.parameter, slots: result.slots };
  });
}

/** An optimizer may be the caller's own. */
function checkUpdate({ name, slots }: Optimizer, result: unknown): void {
  const slotNames = Object.keys(slots);
  const { parameter, slots: newSlots } = Object(result) as Partial<ReturnType<Optimizer["update"]>>;
  const isComplete =
    parameter !== undefined &&
    typeof newSlots === "object" &&
    newSlots !== null &&
    slotNames.every((slot) => newSlots[slot] !== undefined);
  if (!isComplete)
    throw new CajalError(
      "bad-argument",
      `optimizer "${name}": update gave ${showValue(result)}${newSlots ? `, and as slots ${showValue(newSlots)}` : ""}, expected { parameter, slots: { ${slotNames.join(", ")} } }: the new values of the parameter and of each slot.`,
      { optimizer: name, slots: slotNames },
    );
}

/** A new value has the parameter's shape: engines would fail without a word of the optimizer, or go on. */
function checkUpdated<V>(
  ops: Ops<V>,
  { name }: Optimizer,
  { key, what, value, parameter }: { key: string; what: string; value: V; parameter: V },
): void {
  const expected = extentsOf(ops, parameter);
  const got = typeof value === "object" ? extentsOf(ops, value) : undefined;
  if (got && got.length === expected.length && got.every((extent, i) => extent === expected[i]))
    return;
  throw new CajalError(
    "bad-argument",
    `optimizer "${name}": update gave ${what === "parameter" ? "a parameter" : `slot "${what}"`} of "${key}" ${got ? showShape(got) : showValue(value)}, expected ${showShape(expected)}, the parameter's shape.`,
    { optimizer: name, got, expected },
  );
}

function clipGradients<V>(
  ops: Ops<V>,
  optimizer: Optimizer,
  gradients: readonly V[],
): readonly V[] {
  const { clipNorm, clipValue, globalClipNorm } = optimizer;
  if (clipNorm !== undefined)
    return gradients.map((g) => {
      const scale = scaleOf(ops, largest(ops, g));
      return ops.mul(
        g,
        clipFactor(ops, { squared: squares(ops, g, scale), scale, maxNorm: clipNorm }),
      );
    });
  if (globalClipNorm !== undefined) {
    const scale = scaleOf(
      ops,
      gradients.map((g) => largest(ops, g)).reduce((a, b) => ops.max(a, b)),
    );
    const squared = gradients.map((g) => squares(ops, g, scale)).reduce((a, b) => ops.add(a, b));
    const factor = clipFactor(ops, { squared, scale, maxNorm: globalClipNorm });
    return gradients.map((g) => ops.mul(g, factor));
  }
  if (clipValue !== undefined) return gradients.map((g) => ops.clip(g, -clipValue, clipValue));
  return gradients;
}

const largest = <V>(ops: Ops<V>, x: V) => ops.reduceMax(ops.abs(x));

/** The divisor of large gradients before they are squared, as their squares would overflow. */
const scaleOf = <V>(ops: Ops<V>, largestElement: V) => ops.clip(largestElement, 1, 3.4e38);

const squares = <V>(ops: Ops<V>, x: V, scale: V) => {
  const scaled = ops.div(x, scale);
  return ops.reduceSum(ops.mul(scaled, scaled));
};

/** The factor that reduces a norm, scale · √squared, to `maxNorm`: maxNorm / max(norm, maxNorm). */
const clipFactor = <V>(
  ops: Ops<V>,
  { squared, scale, maxNorm }: { squared: V; scale: V; maxNorm: number },
) => {
  // In units of the scale, because the norm itself may overflow.
  const limit = ops.div(maxNorm, scale);
  return ops.div(limit, ops.max(ops.sqrt(squared), limit));
};
