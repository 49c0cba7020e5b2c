import type { Loss } from "@cajal/runtime";
import { checkShares, defineLoss, labelsOf } from "./defineLoss";

/** max(1 + max((1 − y) p) − Σ y p, 0) over the last axis. `yTrue` one-hot `[batch, …, classes]`, or 1 for the class and
 * −1 for the others. */
export const categoricalHinge = defineLoss(["categorical_hinge"], (): Loss => ({
  name: "categorical_hinge",
  checkLabels: (yTrue, output, weight) =>
    checkShares("categoricalHinge", yTrue, output, weight, { least: -1 }),
  compute(ops, yTrue, p) {
    const y = labelsOf(ops, yTrue, p);
    const positive = ops.reduceSum(ops.mul(y, p), { axes: [-1] });
    const negative = ops.reduceMax(ops.mul(ops.sub(1, y), p), { axes: [-1] });
    return ops.clip(ops.add(ops.sub(negative, positive), 1), 0, Infinity);
  },
}));
