import type { Loss, Ops } from "@cajal/runtime";
import {
  binaryOfLogits,
  binaryOfProbabilities,
  binaryOptions,
  readOptions,
  type CrossentropyOptions,
} from "./shared/crossentropy";
import { defineLoss, elementwise } from "./defineLoss";

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
    const logitsLoss = loss(binaryOfLogits);
    if (fromLogits) return { ...logitsLoss, logitsOf: "sigmoid" };
    const probabilityLoss = loss(binaryOfProbabilities);
    return { ...probabilityLoss, fromLogits: { activation: "sigmoid", loss: logitsLoss } };
  },
);
