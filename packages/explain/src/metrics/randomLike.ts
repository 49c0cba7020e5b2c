// Random attributions to compare others with.
import { random, type Tensor } from "@cajal/core";
import { emptyRows, rowOf } from "../network/rows";

/** Normal numbers of the same norm for each example. */
export function randomLike(map: Tensor<"float32">, seed = 0, draw = 0): Tensor<"float32"> {
  const result = emptyRows(map.shape[0]!, map.shape.slice(1));
  for (let i = 0; i < map.shape[0]!; i++) {
    const numbers = random(seed, "random attributions", draw, i);
    const to = rowOf(result, i);
    for (let at = 0; at < to.length; at++) to[at] = numbers.normal();
    const scale = norm(rowOf(map, i)) / norm(to);
    to.forEach((value, at) => (to[at] = value * scale));
  }
  return result;
}

export function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}
