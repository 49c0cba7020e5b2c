import { tensor, type Tensor } from "@cajal/core";

/** Numbers from −1 to 1 that follow from their places. */
export const numbers = (shape: readonly number[], seed = 1): Tensor<"float32"> => {
  const x = tensor("float32", [...shape]);
  let state = seed;
  for (let i = 0; i < x.data.length; i++) {
    state = (state * 48271) % 2147483647;
    x.data[i] = (state / 2147483647) * 2 - 1;
  }
  return x;
};
