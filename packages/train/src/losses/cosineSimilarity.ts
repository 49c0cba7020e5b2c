import type { Loss } from "@cajal/runtime";
import { checkSameShape, defineLoss, labelsOf, largest } from "./defineLoss";

/** −Σ ŷ p̂ over the last axis, both divided by their L2 norm: −1 for the same direction, 1 for the opposite one. `yTrue` in the
 * shape of the output. */
export const cosineSimilarity = defineLoss(["cosine_similarity"], (): Loss => ({
  name: "cosine_similarity",
  checkLabels: (yTrue, output) => checkSameShape("cosineSimilarity", yTrue, output),
  compute(ops, yTrue, yPred) {
    const unit = (x: typeof yTrue) => {
      // The squares of large numbers would overflow; dividing by the largest changes no direction.
      const scale = ops.clip(ops.reduceMax(ops.abs(x), { axes: [-1], keepDims: true }), 1, largest);
      const scaled = ops.div(x, scale);
      const squares = ops.reduceSum(ops.mul(scaled, scaled), { axes: [-1], keepDims: true });
      // A vector of zeros stays one; shorter ones than 1e-7 stay short, as in Keras.
      return ops.div(scaled, ops.sqrt(ops.clip(squares, 1e-14, largest)));
    };
    const products = ops.mul(unit(labelsOf(ops, yTrue, yPred)), unit(yPred));
    return ops.neg(ops.reduceSum(products, { axes: [-1] }));
  },
}));
