import type { GraphBuilder, Value } from "../graph/builder";
import { isStatic } from "../model/dims";
import { defineGradient } from "./gradient";
import { rankOf, reshapeLike, sumTo } from "./shared/sumTo";

export const matMul = defineGradient({
  op: "MatMul",
  inputs: 2,
  // da = dy · bᵀ, db = aᵀ · dy, summed over broadcast batch axes. ONNX Runtime fuses the transposes
  // into the products.
  gradient: ([dy], { inputs: [a, b], wants }, g) => {
    // A vector is a matrix of one row (left) or one column (right).
    const [rankOfA, rankOfB] = [rankOf(a), rankOf(b)];
    const left = rankOfA === 1 ? g.unsqueeze(a, [0]) : a;
    const right = rankOfB === 1 ? g.unsqueeze(b, [1]) : b;
    let grad = dy;
    if (rankOfB === 1) grad = g.unsqueeze(grad, [-1]);
    if (rankOfA === 1) grad = g.unsqueeze(grad, [-2]);
    const leftGradient = () =>
      reshapeLike(g, sumTo(g, g.matMul(grad, transposeMatrices(g, right)), left), a);
    const rightGradient = () => {
      // One matrix for all of a batch: its gradient is one product over all rows, no sum after it.
      const product =
        rankOf(right) === 2 && rankOf(left) > 2 && isStatic(right.shape) && !right.shape.includes(0)
          ? g.gemm(rows(g, left, right.shape[0]!), rows(g, grad, right.shape[1]!), undefined, {
              transA: 1,
            })
          : sumTo(g, g.matMul(transposeMatrices(g, left), grad), right);
      return reshapeLike(g, product, b);
    };
    return [wants(0) ? leftGradient() : undefined, wants(1) ? rightGradient() : undefined];
  },
  samples: [
    {
      inputs: [
        [2, 3],
        [3, 4],
      ],
    },
    {
      inputs: [
        [5, 2, 3],
        [5, 3, 4],
      ],
    },
    {
      inputs: [
        [5, 2, 3],
        [3, 4],
      ],
    },
    {
      inputs: [
        [2, 3],
        [5, 3, 4],
      ],
    },
    {
      inputs: [
        [2, 1, 2, 3],
        [4, 3, 5],
      ],
    },
    { inputs: [[3], [3]] },
    { inputs: [[3], [3, 4]] },
    { inputs: [[2, 3], [3]] },
    { inputs: [[3], [5, 3, 4]] },
    { inputs: [[5, 2, 3], [3]] },
  ],
});

/** The matrices transposed. */
function transposeMatrices(g: GraphBuilder, x: Value): Value {
  const rank = rankOf(x);
  return g.transpose(x, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
}

/** All matrices below each other: [.., m, k] → [·m, k]. */
const rows = (g: GraphBuilder, x: Value, columns: number): Value => g.reshape(x, [-1, columns]);
