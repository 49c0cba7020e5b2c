import { defineLoss, elementwise } from "./defineLoss";

/** Mean over the last axis of (y − p)². */
export const meanSquaredError = defineLoss(["mean_squared_error", "mse"], () =>
  elementwise("mean_squared_error", "meanSquaredError", (ops, y, p) => {
    const e = ops.sub(p, y);
    return ops.mul(e, e);
  }),
);
