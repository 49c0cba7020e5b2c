// Keras' layers that change images in training alone, most of them at random, and leave them as they are otherwise: read, so that
// models with them run; not trained.
import type * as f from "../definition/fields";
import { defineLayer, type Layer } from "../definition/layer";

/** @param fields what Keras writes into its config; only kept */
export const randomImage = <const Name extends string, const F extends f.Fields>(
  className: Name,
  fields: F,
): Layer<Name, F> =>
  defineLayer({
    className,
    fields,
    shape: (_, [x]) => [x!],
    // Keras writes what its call has by default.
    callOptions: { training: true },
    layout: "elementwise",
    refusesTraining: () =>
      `${className} changes images in training, which Cajal does in its data sets: take the layer out (cutAt, or build without it) and augment the batches, see @cajal/datasets`,
    lower: (_, [x]) => [x!],
    samples: [{ inputs: [[2, 3, 4, 3]], inferenceOnly: true }],
  });
