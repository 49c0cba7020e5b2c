// Linear models fitted to what a network says of subsets of features.
import { CajalError, checkInteger, showValue, tensor, type Tensor } from "@cajal/core";
import type { Call } from "../call";
import { scoresOf } from "./evaluate";
import { featuresOf, type FeatureOptions } from "./features";
import { leastSquares } from "./leastSquares";

export interface SurrogateOptions extends FeatureOptions {
  /** Subsets of features, 1 kept and 0 replaced, in place of drawn ones. */
  readonly kept?: readonly (readonly number[])[];
  /** How many are drawn; kernel-shap takes all that there are where these are no more. */
  readonly samples?: number;
  /** Default 0. */
  readonly seed?: number;
}

export const surrogateOptions = ["kept", "samples", "seed"] as const;

/** @throws CajalError `bad-argument` unless there are some, which say of each feature whether it is kept */
function checkSubsets(kept: readonly unknown[], features: number): void {
  const isSubset = (subset: unknown) =>
    (Array.isArray(subset) || ArrayBuffer.isView(subset)) &&
    Array.from(subset as ArrayLike<unknown>).every((each) => [0, 1, false, true].includes(each as number)); // prettier-ignore
  const wrong = kept.findIndex((subset) => !isSubset(subset) || (subset as readonly unknown[]).length !== features); // prettier-ignore
  if (kept.length === 0 || wrong !== -1)
    throw new CajalError(
      "bad-argument",
      `attribute: got ${kept.length === 0 ? "no subset" : showValue(kept[wrong])} in kept, expected subsets of ${features} numbers, 1 for a feature that is kept and 0 for one that is replaced.`,
    );
}

/** Fits a model for each image; gives its coefficients, as a tensor and spread over the image. */
export async function fitted(
  call: Call,
  options: SurrogateOptions,
  subsetsOf: (features: number) => readonly ArrayLike<number>[],
  how: { weights: (subset: ArrayLike<number>, row: number) => number; ridge?: number },
): Promise<{ map: Tensor<"float32">; coefficients: Tensor<"float32">; intercepts: number[] }> {
  const features = featuresOf(call, options);
  const n = features.count;
  if (options.samples !== undefined)
    checkInteger("attribute", "samples", options.samples, { least: 1, most: 1_000_000 });
  if (options.kept) checkSubsets(options.kept, n);
  const subsets = subsetsOf(n);
  const scores = await scoresOf(call, features.rows(subsets));
  const weights = subsets.map(how.weights);
  const models = Array.from({ length: call.images.shape[0]! }, (_, image) => {
    const y = scores.subarray(image * subsets.length, (image + 1) * subsets.length);
    const model = leastSquares(subsets, y, weights, how.ridge);
    if (model) return model;
    throw new CajalError(
      "bad-argument",
      `attribute: ${subsets.length} subsets do not tell ${n} features apart. Give or draw more, or take larger blocks.`,
      { subsets: subsets.length, features: n },
    );
  });
  const values = models.map((model) => model.subarray(0, n));
  const coefficients = tensor(
    "float32",
    [models.length, n],
    values.flatMap((each) => [...each]),
  );
  return { map: features.spread(values), coefficients, intercepts: models.map((each) => each[n]!) };
}
