// Shared by the cross-entropies: their options, and how they treat classes and probabilities.
import { CajalError, checkNumber, checkOptions, optionsOf, type OptionKind } from "@cajal/core";
import type { Ops } from "@cajal/runtime";
import { epsilon } from "../defineLoss";

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
