import type { Loss } from "@cajal/runtime";
import { checkShares, defineLoss, epsilon, labelsOf } from "./defineLoss";

/** Σ y log(y / p) over the last axis, both clipped to [1e-7, 1]. */
export const klDivergence = defineLoss(
  ["kl_divergence", "kullback_leibler_divergence", "kld"],
  (): Loss => ({
    name: "kl_divergence",
    checkLabels: (yTrue, output, weight) => checkShares("klDivergence", yTrue, output, weight),
    compute(ops, yTrue, yPred) {
      const y = ops.clip(labelsOf(ops, yTrue, yPred), epsilon, 1);
      const p = ops.clip(yPred, epsilon, 1);
      return ops.reduceSum(ops.mul(y, ops.log(ops.div(y, p))), { axes: [-1] });
    },
  }),
);
