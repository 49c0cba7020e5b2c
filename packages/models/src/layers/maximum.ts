// The largest of the inputs, element by element, and of those alone that have a step, where all are masked.
// keras.io/api/layers/merging_layers/maximum
import { firstWhere, merging, mergeValid } from "./shared/merging";

export const maximum = merging(
  "Maximum",
  (inputs, g, { training }, masks) =>
    mergeValid(g, inputs, masks, (a, b) =>
      training ? firstWhere(g, g.greaterOrEqual(a, b), a, b) : g.max(a, b),
    ),
  { byMasks: true },
);
