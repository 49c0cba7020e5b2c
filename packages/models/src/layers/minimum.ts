// The smallest of the inputs, element by element, and of those alone that have a step, where all are masked.
// keras.io/api/layers/merging_layers/minimum
import { firstWhere, merging, mergeValid } from "./shared/merging";

export const minimum = merging(
  "Minimum",
  (inputs, g, { training }, masks) =>
    mergeValid(g, inputs, masks, (a, b) =>
      training ? firstWhere(g, g.lessOrEqual(a, b), a, b) : g.min(a, b),
    ),
  { byMasks: true },
);
