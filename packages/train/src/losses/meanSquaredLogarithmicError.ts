import { defineLoss, elementwise, epsilon } from "./defineLoss";

/** Mean over the last axis of (log(1 + y) − log(1 + p))², both at least 1e-7. */
export const meanSquaredLogarithmicError = defineLoss(
  ["mean_squared_logarithmic_error", "msle"],
  () =>
    elementwise("mean_squared_logarithmic_error", "meanSquaredLogarithmicError", (ops, y, p) => {
      const log = (x: typeof p) => ops.log(ops.add(ops.clip(x, epsilon, Infinity), 1));
      const e = ops.sub(log(p), log(y));
      return ops.mul(e, e);
    }),
);
