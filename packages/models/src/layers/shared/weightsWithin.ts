// The weights of a layer within another one.
import type { InnerLayer, WeightSpec } from "../definition/layer";
import type { KerasShape } from "../definition/shape";

/** Named "inner/kernel"; not trained where the inner layer's config says so. */
export const weightsWithin = (
  { definition, config, name, frozen }: InnerLayer,
  inputs: readonly KerasShape[],
): WeightSpec[] =>
  (definition.weights?.(config, inputs) ?? []).map((weight) => ({
    ...weight,
    name: `${name}/${weight.name}`,
    trainable: weight.trainable && !frozen,
  }));
