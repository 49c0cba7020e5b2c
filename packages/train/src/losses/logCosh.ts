import { defineLoss, elementwise } from "./defineLoss";

/** Mean over the last axis of log(cosh(p − y)). */
export const logCosh = defineLoss(["log_cosh", "logcosh", "log_cosh_error"], () =>
  // log cosh e = |e| + log(1 + e^(−2|e|)) − log 2, which does not overflow.
  elementwise("log_cosh", "logCosh", (ops, y, p) => {
    const e = ops.abs(ops.sub(p, y));
    return ops.sub(ops.add(e, ops.softplus(ops.mul(e, -2))), Math.LN2);
  }),
);
