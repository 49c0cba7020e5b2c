// The class with the largest score.
import { CajalError } from "../checks/errors";
import { checkTensor, showShape, tensor, type Tensor } from "./tensor";

/**
 * Index of the largest number along the last axis; of equal ones the first, as NumPy's `argmax`.
 *
 * @example argMax(tensorOf([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])).data // 1, 0
 * @param x scores, `[…, classes]`
 * @returns class numbers `[…]`
 * @throws CajalError `bad-shape` for no classes, `bad-argument` for NaN, which is neither larger nor smaller, and
 *   float16, whose data are bits
 */
export function argMax(x: Tensor): Tensor<"int32"> {
  checkTensor(x, "argMax");
  const { dtype, shape, data } = x;
  const classes = shape.at(-1) ?? 0;
  if (classes === 0)
    throw new CajalError(
      "bad-shape",
      `argMax: got ${showShape(shape)}, expected a last axis of at least 1.`,
      { shape },
    );
  if (dtype === "float16")
    throw new CajalError("bad-argument", "argMax: got float16, whose data are bits.", { dtype });
  const result = tensor("int32", shape.slice(0, -1));
  for (let i = 0; i < result.data.length; i++) {
    const row = i * classes;
    let best = 0;
    for (let j = 0; j < classes; j++) {
      const value = data[row + j]!;
      if (Number.isNaN(value))
        throw new CajalError("bad-argument", `argMax: got NaN as element ${row + j}.`, { index: row + j }); // prettier-ignore
      if (value > data[row + best]!) best = j;
    }
    result.data[i] = best;
  }
  return result;
}
