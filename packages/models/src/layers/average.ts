// The mean of the inputs, element by element. keras.io/api/layers/merging_layers/average
import { merging } from "./shared/merging";

export const average = merging("Average", (inputs, g) =>
  g.mul(
    inputs.reduce((a, b) => g.add(a, b)),
    1 / inputs.length,
  ),
);
