// The sum of the inputs, element by element. keras.io/api/layers/merging_layers/add
import { merging } from "./shared/merging";

export const add = merging("Add", (inputs, g) => inputs.reduce((a, b) => g.add(a, b)));
