import { defineLoss, elementwise, signsOf } from "./defineLoss";

/**
 * Mean over the last axis of max(1 − y p, 0). `yTrue` −1 and 1; where all labels of a batch are 0 or 1,
 * 0 stands for −1, as in Keras.
 */
export const hinge = defineLoss(["hinge"], () =>
  elementwise(
    "hinge",
    "hinge",
    (ops, y, p) => ops.clip(ops.sub(1, ops.mul(signsOf(ops, y), p)), 0, Infinity),
    { least: -1 },
  ),
);
