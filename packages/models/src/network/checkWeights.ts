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
    const found = weights.get(key);
    if (!found)
      throw new CajalError(
        "bad-argument",
        `${where}: weight "${key}" is missing, expected ${showShape(shape)}.`,
        { weight: key },
      );
    checkTensor(found, `${where}: weight "${key}"`);
    if (showShape(found.shape) !== showShape(shape))
      throw new CajalError(
        "bad-shape",
        `${where}: weight "${key}" is ${showShape(found.shape)}, expected ${showShape(shape)}.`,
        { weight: key, got: found.shape, expected: shape },
      );
  }
  for (const key of weights.keys())
    if (!expected.has(key))
      throw new CajalError("bad-argument", `${where}: the model has no weight "${key}".`, {
        weight: key,
      });
}
