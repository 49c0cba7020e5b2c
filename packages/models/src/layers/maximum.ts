// The largest of the inputs, element by element. keras.io/api/layers/merging_layers/maximum
import { firstWhere, merging } from "./shared/merging";

export const maximum = merging("Maximum", (inputs, g, { training }) =>
  inputs.reduce((a, b) => (training ? firstWhere(g, g.greaterOrEqual(a, b), a, b) : g.max(a, b))),
);
