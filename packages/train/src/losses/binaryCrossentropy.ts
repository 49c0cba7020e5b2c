import type { Loss, Ops } from "@cajal/runtime";
import {
  binaryOptions,
  clipped,
  readOptions,
  type CrossentropyOptions,
} from "./shared/crossentropy";
import { defineLoss, elementwise, timesLabel } from "./defineLoss";

const where = "binaryCrossentropy";

/**
 * Mean over the last axis of −y log p − (1 − y) log(1 − p). `yTrue` 0 … 1 in the shape of the output,
 * or without its last axis where that is 1.
 */
export const binaryCrossentropy = defineLoss(
  ["binary_crossentropy", "bce"],
  (options: Pick<CrossentropyOptions, "fromLogits" | "labelSmoothing"> = {}): Loss => {
    const { fromLogits, labelSmoothing } = readOptions(where, options, binaryOptions);
    const loss = (elements: <V>(ops: Ops<V>, y: V, yPred: V) => V): Loss => ({
      ...elementwise(
        "binary_crossentropy",
        where,
        (ops, y, yPred) =>
          elements(
            ops,
            labelSmoothing ? ops.add(ops.mul(y, 1 - labelSmoothing), labelSmoothing / 2) : y,
            yPred,
          ),
        { least: 0 },
      ),
      config: { fromLogits, labelSmoothing },
    });
    // −log σ(x) = log(1 + e⁻ˣ) where y is 1, −log(1 − σ(x)) = log(1 + eˣ) where it is 0; each alone is
    // finite for x = ±∞ on its right side, which the shorter log(1 + eˣ) − x y is not.
    const logitsLoss = loss((ops, y, x) =>
      ops.add(
        timesLabel(ops, y, ops.softplus(ops.neg(x))),
        timesLabel(ops, ops.sub(1, y), ops.softplus(x)),
      ),
    );
    if (fromLogits) return { ...logitsLoss, logitsOf: "sigmoid" };
    const probabilityLoss = loss((ops, y, yPred) => {
      const p = clipped(ops, yPred);
      const ones = ops.mul(y, ops.log(p));
      const zeros = ops.mul(ops.sub(1, y), ops.log(ops.sub(1, p)));
      return ops.neg(ops.add(ones, zeros));
    });
    return { ...probabilityLoss, fromLogits: { activation: "sigmoid", loss: logitsLoss } };
  },
);
