// Weights that are to belong to a model.
import { CajalError, checkTensor, showShape, type Weights } from "@cajal/core";
import type { Model } from "./network";
import type { ResolveOptions } from "../keras/registry";
import { weightSpecs } from "./summary";

/**
 * Checks that weights are those of a model: every one there, of its shape, and none besides.
 *
 * @param where what messages begin with
 * @throws CajalError `bad-argument` for what is missing, left over or no tensor; `bad-shape` with both shapes
 */
export function checkWeights(
  where: string,
  model: Model | object | string,
  weights: Weights,
  options: ResolveOptions = {},
): void {
  if (!(weights instanceof Map))
    throw new CajalError(
      "bad-argument",
      `${where}: got no weights, expected a map layer/weight → tensor.`,
    );
  const expected = new Map(weightSpecs(model, options).map(({ key, shape }) => [key, shape]));
  for (const [key, shape] of expected) {
    const weight = weights.get(key);
    if (!weight)
      throw new CajalError(
        "bad-argument",
        `${where}: weight "${key}" is missing, expected ${showShape(shape)}.`,
        { weight: key },
      );
    checkTensor(weight, `${where}: weight "${key}"`);
    if (showShape(weight.shape) !== showShape(shape))
      throw new CajalError(
        "bad-shape",
        `${where}: weight "${key}" is ${showShape(weight.shape)}, expected ${showShape(shape)}.`,
        { weight: key, got: weight.shape, expected: shape },
      );
  }
  for (const key of weights.keys())
    if (!expected.has(key))
      throw new CajalError("bad-argument", `${where}: the model has no weight "${key}".`, {
        weight: key,
      });
}
