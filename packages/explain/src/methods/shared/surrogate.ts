// Linear models fitted to what a network says of subsets of features.
import { CajalError, checkInteger, tensor, type Tensor } from "@cajal/core";
import type { Call } from "../call";
import { scoresOf } from "./evaluate";
import { featuresOf, type FeatureOptions } from "./features";
import { leastSquares } from "./leastSquares";

export interface SurrogateOptions extends FeatureOptions {
  /** Subsets of features, 1 kept and 0 replaced, in place of drawn ones. */
  readonly kept?: readonly (readonly number[])[];
  /** How many are drawn. */
  readonly samples?: number;
  /** Default 0. */
  readonly seed?: number;
}

export const surrogateOptions = ["kept", "samples", "seed"] as const;

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
  const subsets = subsetsOf(n);
  const wrong = subsets.find((subset) => subset.length !== n);
  if (wrong)
    throw new CajalError(
      "bad-argument",
      `attribute: got a subset of ${wrong.length} features, expected ${n}, 1 or 0 for each.`,
    );
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
