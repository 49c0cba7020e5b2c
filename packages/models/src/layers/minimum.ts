// The smallest of the inputs, element by element. keras.io/api/layers/merging_layers/minimum
import { merging } from "./shared/merging";

export const minimum = merging("Minimum", (inputs, g) => inputs.reduce((a, b) => g.min(a, b)));
