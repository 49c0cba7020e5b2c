// Initial weights, as Keras draws them, but the same on every machine.
import { checkInteger, checkOptions, random, tensor, type Tensor, type Weights } from "@cajal/core";
import { weightSpecs, type Layer, type Model } from "@cajal/models";
import { initialValues } from "./initializers";

/**
 * New weights for a model, by the initializers in its layers' configs.
 *
 * Every weight has its own stream of random numbers, derived from the seed and the weight's key: equal seeds give
 * equal weights on every machine, and changing one layer does not change the weights of others.
 *
 * @param options.seed a whole number; seeds inside the initializers' own configs are not used
 * @param options.layers definitions of layers of your own that the model has
 * @returns `layer/weight` → float32 tensor, in Keras' order and layouts
 * @throws CajalError `unknown-name`, `bad-argument`, `bad-shape`, naming layer and weight
 * @example const weights = initialize(lenet5(), { seed: 1 })
 */
export function initialize(
  model: Model,
  options: { seed: number; layers?: readonly Layer[] },
): Weights {
  checkOptions("initialize", options, { seed: { whole: true }, layers: "array" });
  const { layers, seed } = options;
  checkInteger("initialize", "seed", seed);
  const weights = new Map<string, Tensor>();
  for (const { key, name, shape, initializer } of weightSpecs(model, { layers })) {
    const where = `layer "${key.slice(0, -name.length - 1)}", weight "${name}"`;
    const values = initialValues(initializer, shape, random(seed, key), where);
    weights.set(key, tensor("float32", shape, values));
  }
  return weights;
}
