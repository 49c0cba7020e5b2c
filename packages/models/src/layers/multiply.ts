// The product of the inputs, element by element. keras.io/api/layers/merging_layers/multiply
import { merging } from "./shared/merging";

export const multiply = merging("Multiply", (inputs, g) => inputs.reduce((a, b) => g.mul(a, b)));
