// The product of the inputs, element by element. A masked step of a factor counts as 1; where all factors are
// masked, the product is 0. keras.io/api/layers/merging_layers/multiply
import { merging } from "./shared/merging";

export const multiply = merging(
  "Multiply",
  (inputs, g, _, masks) => {
    const factors = inputs.map((x, i) => (masks[i] ? g.where(masks[i], x, 1) : x));
    const product = factors.reduce((a, b) => g.mul(a, b));
    const allMasks = masks.filter((mask) => mask !== undefined);
    if (allMasks.length < inputs.length) return product;
    const isValid = allMasks.reduce((a, b) => g.or(a, b));
    return g.where(isValid, product, 0);
  },
  { byMasks: true },
);
