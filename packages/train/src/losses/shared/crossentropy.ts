// Shared by the cross-entropies: their options, and how they treat classes and probabilities.
import { CajalError, checkNumber, checkOptions, optionsOf, type OptionKind } from "@cajal/core";
import type { Ops } from "@cajal/runtime";
import { epsilon, timesLabel } from "../defineLoss";

export interface CrossentropyOptions {
  /** Whether the model gives logits, without a softmax (or sigmoid) at its end. Default false. */
  fromLogits?: boolean;
  /** Fraction in [0, 1] of each label that is spread over all classes. Default 0. */
  labelSmoothing?: number;
  /** Factor of each class's loss, by class number. The mean still divides by the number of samples. */
  classWeights?: readonly number[];
}

/** The kinds of the options without `classWeights`. */
export const binaryOptions = optionsOf<Omit<CrossentropyOptions, "classWeights">>({
  fromLogits: "boolean",
  labelSmoothing: { least: 0, most: 1 },
});

const allOptions = optionsOf<CrossentropyOptions>({ ...binaryOptions, classWeights: "array" });

/** The options with their defaults, checked. */
export function readOptions(
  where: string,
  options: CrossentropyOptions,
  optionKinds: Readonly<Record<string, OptionKind>> = allOptions,
) {
  checkOptions(where, options, optionKinds);
  const { fromLogits = false, labelSmoothing = 0, classWeights } = options;
  classWeights?.forEach((each, i) => checkNumber(where, `classWeights[${i}]`, each));
  return { fromLogits, labelSmoothing, classWeights };
}

/** Probabilities kept away from 0 and 1. */
export const clipped = <V>(ops: Ops<V>, p: V) => ops.clip(p, epsilon, 1 - epsilon);

/**
 * −log σ(x) = log(1 + e⁻ˣ) where y is 1, −log(1 − σ(x)) = log(1 + eˣ) where it is 0; each alone is finite for x = ±∞ on
 * its right side, which the shorter log(1 + eˣ) − x y is not.
 */
export const binaryOfLogits = <V>(ops: Ops<V>, y: V, x: V): V =>
  ops.add(
    timesLabel(ops, y, ops.softplus(ops.neg(x))),
    timesLabel(ops, ops.sub(1, y), ops.softplus(x)),
  );

/** −log p where y is 1, −log(1 − p) where it is 0. */
export function binaryOfProbabilities<V>(ops: Ops<V>, y: V, probabilities: V): V {
  const p = clipped(ops, probabilities);
  const ones = ops.mul(y, ops.log(p));
  const zeros = ops.mul(ops.sub(1, y), ops.log(ops.sub(1, p)));
  return ops.neg(ops.add(ones, zeros));
}

/** Losses multiplied by the weights of their classes. */
export function weighted<V>(
  ops: Ops<V>,
  losses: V,
  classes: V,
  { weights, count, where }: { weights: readonly number[]; count: number; where: string },
): V {
  if (weights.length !== count)
    throw new CajalError(
      "bad-shape",
      `${where}: got ${weights.length} classWeights, expected ${count}, the model's number of classes.`,
      { got: weights.length, expected: count },
    );
  return ops.mul(losses, ops.gather(ops.constant(weights), classes));
}
