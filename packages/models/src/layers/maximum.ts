// The largest of the inputs, element by element. keras.io/api/layers/merging_layers/maximum
import { merging } from "./shared/merging";

export const maximum = merging("Maximum", (inputs, g) => inputs.reduce((a, b) => g.max(a, b)));
