import { defineLoss, elementwise, signsOf } from "./defineLoss";

/**
 * Mean over the last axis of max(1 − y p, 0)². `yTrue` −1 and 1; where all labels of a batch are 0 or 1,
 * 0 stands for −1, as in Keras.
 */
export const squaredHinge = defineLoss(["squared_hinge"], () =>
  elementwise(
    "squared_hinge",
    "squaredHinge",
    (ops, y, p) => {
      const hinge = ops.clip(ops.sub(1, ops.mul(signsOf(ops, y), p)), 0, Infinity);
      return ops.mul(hinge, hinge);
    },
    { least: -1 },
  ),
);
