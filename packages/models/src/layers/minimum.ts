// The smallest of the inputs, element by element. keras.io/api/layers/merging_layers/minimum
import { firstWhere, merging } from "./shared/merging";

export const minimum = merging("Minimum", (inputs, g, { training }) =>
  inputs.reduce((a, b) => (training ? firstWhere(g, g.lessOrEqual(a, b), a, b) : g.min(a, b))),
);
