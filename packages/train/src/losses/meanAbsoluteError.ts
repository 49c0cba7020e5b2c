import { defineLoss, elementwise } from "./defineLoss";

/** Mean over the last axis of |y − p|. */
export const meanAbsoluteError = defineLoss(["mean_absolute_error", "mae"], () =>
  elementwise("mean_absolute_error", "meanAbsoluteError", (ops, y, p) => ops.abs(ops.sub(p, y))),
);
