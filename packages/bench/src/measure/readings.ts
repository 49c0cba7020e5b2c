// A classifier's predictions: the class of the largest logit, and its softmax probability.
import { CajalError, showShape, type Tensor } from "@cajal/core";

export interface Reading {
  /** The class with the largest logit; of equal ones the first. */
  read: number;
  /** Softmax of the logits at `read`, 0–1. */
  probability: number;
}

/**
 * @param logits `[n, classes]`
 * @throws CajalError `bad-shape`
 */
export function readings(logits: Tensor): Reading[] {
  const [n, classes] = logits.shape;
  if (logits.shape.length !== 2)
    throw new CajalError(
      "bad-shape",
      `readings: got logits of shape ${showShape(logits.shape)}, expected [n, classes].`,
      { shape: logits.shape },
    );
  return Array.from({ length: n! }, (_, i) => {
    const row = Array.from({ length: classes! }, (_, j) => Number(logits.data[i * classes! + j]));
    const largest = Math.max(...row);
    const sum = row.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    return { read: row.indexOf(largest), probability: 1 / sum };
  });
}

/** The confusion matrix: `confusion[truth][read]` counts examples. */
export function confusionOf(
  truths: readonly number[],
  reads: readonly number[],
  classes: number,
): number[][] {
  const counts = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  truths.forEach((truth, i) => void counts[truth]![reads[i]!]!++);
  return counts;
}
