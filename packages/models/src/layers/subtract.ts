// The first input less the second, element by element. keras.io/api/layers/merging_layers/subtract
import { merging } from "./shared/merging";

export const subtract = merging("Subtract", ([a, b], g) => g.sub(a!, b!), { arity: [2, 2] });
