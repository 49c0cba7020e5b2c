import { defineLoss, elementwise, epsilon } from "./defineLoss";

/** Mean over the last axis of 100 |y − p| / max(|y|, 1e-7). */
export const meanAbsolutePercentageError = defineLoss(
  ["mean_absolute_percentage_error", "mape"],
  () =>
    elementwise("mean_absolute_percentage_error", "meanAbsolutePercentageError", (ops, y, p) => {
      const size = ops.clip(ops.abs(y), epsilon, Infinity);
      return ops.mul(ops.div(ops.abs(ops.sub(y, p)), size), 100);
    }),
);
