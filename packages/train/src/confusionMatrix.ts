// Which classes are taken for which: a table to look at, not a metric.
import {
  CajalError,
  checkInteger,
  checkOptions,
  isTensor,
  showValue,
  type Tensor,
} from "@cajal/core";
import { numbersOf } from "./losses/defineLoss";

export interface ConfusionMatrixOptions {
  /** Number of classes, 1 … 8192; default: one more than the largest class number that occurs. */
  readonly classes?: number;
}

/**
 * Counts how often each class was predicted for each class, as scikit-learn's `confusion_matrix`.
 *
 * @example confusionMatrix(y, argMax(await session.predict(x)))
 * @param yTrue class numbers of any shape
 * @param yPred as many class numbers
 * @returns `matrix[a][b]`: how many of class a were taken for b; the right ones are on the diagonal
 * @throws CajalError `bad-shape` where there are more of the one than of the other; `bad-argument` for what is no
 *   class number
 */
export function confusionMatrix(
  yTrue: Tensor | ArrayLike<number>,
  yPred: Tensor | ArrayLike<number>,
  options: ConfusionMatrixOptions = {},
): number[][] {
  checkOptions("confusionMatrix", options, {
    classes: { whole: true, least: 1, most: mostClasses },
  });
  const actual = classNumbers("yTrue", yTrue, options.classes);
  const predicted = classNumbers("yPred", yPred, options.classes);
  if (actual.length !== predicted.length)
    throw new CajalError(
      "bad-shape",
      `confusionMatrix: got ${actual.length} labels and ${predicted.length} predictions, expected as many.`,
      { yTrue: actual.length, yPred: predicted.length },
    );
  const largest = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.max(a, b), -1);
  const { classes = 1 + Math.max(largest(actual), largest(predicted)) } = options;
  const matrix = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  actual.forEach((label, i) => matrix[label]![predicted[i]!]!++);
  return matrix;
}

/** A matrix of more, whatever it counts, would fill the memory. */
const mostClasses = 8192;

function classNumbers(
  name: string,
  values: Tensor | ArrayLike<number>,
  classes = mostClasses,
): readonly number[] {
  const isList = Array.isArray(values) || ArrayBuffer.isView(values);
  if (!isList && !isTensor(values as Tensor))
    throw new CajalError(
      "bad-argument",
      `confusionMatrix: got ${showValue(values)} as ${name}, expected class numbers: a tensor, or an array.`,
      { name },
    );
  const numbers = isList ? (values as ArrayLike<number>) : numbersOf(values as Tensor);
  return Array.from(numbers as ArrayLike<number | bigint>, (value, i) => {
    checkInteger("confusionMatrix", `${name}[${i}]`, typeof value === "bigint" ? Number(value) : value, { least: 0, most: classes - 1 }); // prettier-ignore
    return Number(value);
  });
}
