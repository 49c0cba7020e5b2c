import { defineLoss, elementwise } from "./defineLoss";

/**
 * Mean over the last axis of max(1 − y p, 0). `yTrue` −1 and 1; where all labels of a batch are 0 or 1,
 * 0 stands for −1, as in Keras.
 */
export const hinge = defineLoss(["hinge"], () =>
  elementwise("hinge", "hinge", (ops, y, p) => {
    const below1 = ops.sub(y, 1);
    // y (y − 1) is 0 for 0 and 1 alone.
    const other = ops.reduceSum(ops.abs(ops.mul(y, below1)));
    const allBinary = ops.cast(ops.equal(other, 0), "float32");
    const signs = ops.add(y, ops.mul(below1, allBinary)); // 2y − 1, or y
    return ops.clip(ops.sub(1, ops.mul(signs, p)), 0, Infinity);
  }),
);
