// Tensors of random numbers, for tests.
import { random, sizeOf, tensor, type Tensor } from "@cajal/core";

/** Standard normal numbers, the same for the same name. */
export function drawn(shape: readonly number[], name: string): Tensor<"float32"> {
  const numbers = random(1, name);
  return tensor(
    "float32",
    shape,
    Array.from({ length: sizeOf(shape) }, () => numbers.normal()),
  );
}
