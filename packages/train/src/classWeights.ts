// Class weights as weights of examples (Keras: `class_weight`).
import {
  CajalError,
  isTensor,
  showShape,
  showValue,
  tensor,
  type NamedBatch,
  type Shape,
  type Tensor,
} from "@cajal/core";
import type { Loss } from "@cajal/runtime";

/** Class → factor of the loss of its examples: a list, or a record by the class's number. */
export type ClassWeights = readonly number[] | Readonly<Record<number, number>>;

/** @throws CajalError `bad-argument` */
export function checkClassWeights(weights: ClassWeights): void {
  const entries: [string, unknown][] =
    typeof weights === "object" && weights !== null ? Object.entries(weights) : [];
  const wrong = entries.find(([name, factor]) => !/^\d+$/.test(name) || !Number.isFinite(factor));
  if (entries.length > 0 && !wrong) return;
  throw new CajalError(
    "bad-argument",
    `classWeights: got ${wrong ? `${wrong[0]}: ${showValue(wrong[1])}` : showValue(weights)}, expected a factor by class, e.g. { 0: 1, 1: 5 }.`,
    { weights },
  );
}

/**
 * The losses, which also check that labels and output are what class weights go with: only a step knows the shape of its
 * outputs.
 */
export const withClassChecks = (
  loss: Loss | Readonly<Record<string, Loss>>,
  weights: ClassWeights,
): Loss | Readonly<Record<string, Loss>> =>
  typeof loss.compute === "function"
    ? withClassCheck(loss as Loss, weights)
    : Object.fromEntries(
        Object.entries(loss).map(([name, each]) => [name, withClassCheck(each, weights)]),
      );

function withClassCheck(loss: Loss, weights: ClassWeights): Loss {
  const { fromLogits } = loss;
  const changed: Partial<Loss> = {
    checkLabels(yTrue, output) {
      checkClasses(weights, yTrue, output);
      loss.checkLabels?.(yTrue, output);
    },
    ...(fromLogits && {
      fromLogits: { ...fromLogits, loss: withClassCheck(fromLogits.loss, weights) },
    }),
  };
  // A copy would lack the methods of a caller's own class.
  return Object.assign(Object.create(loss) as Loss, changed);
}

/** @throws CajalError `bad-shape`, `bad-argument` where an example has not one class, or another than the output has */
function checkClasses(weights: ClassWeights, { shape, data }: Tensor, output: Shape): void {
  if (output.length > 2)
    throw new CajalError(
      "bad-shape",
      `classWeights: got an output of ${showShape(output)}, with a class for each of several positions of an example, expected ${showShape([output[0], output.at(-1)])}. Give each position its weight instead, as the data's weight: ${showShape(output.slice(0, -1))}.`,
      { output },
    );
  const outputs = output[1] ?? 1;
  // A single output tells class 1 from class 0.
  const classes = Math.max(2, outputs);
  const expected = `the model has ${classes} classes, 0 … ${classes - 1}`;
  const unknown = Object.keys(weights).find((name) => Number(name) >= classes);
  if (unknown !== undefined)
    throw new CajalError(
      "bad-argument",
      `classWeights: got a factor of class ${unknown}, and ${expected}.`,
      { class: Number(unknown), classes },
    );
  if (Array.isArray(weights) && weights.length !== classes)
    throw new CajalError(
      "bad-argument",
      `classWeights: got a list of ${weights.length}, and ${expected}. Give one factor a class, or some by number: { 1: 5 }.`,
      { got: weights.length, classes },
    );
  const areNumbers = data.length === shape[0];
  for (let i = 0; i < data.length; i++) {
    const label = Number(data[i]);
    const isLabel = areNumbers
      ? Number.isInteger(label) && label >= 0 && label < classes
      : !(label < 0 || label > 1);
    if (!isLabel)
      throw new CajalError(
        "bad-argument",
        `classWeights: label ${i} of the batch is ${label}, expected ${areNumbers ? `a class number: ${expected}` : "one-hot labels, of 0 and 1"}. Class weights go with labels that are classes; otherwise give each example its weight, as the data's weight.`,
        { index: i, label, classes },
      );
  }
}

/**
 * The batch, each example's weight multiplied by that of its class; 1 for a class that is not named.
 * A class is a number `[n]` or `[n, 1]`, or the largest of `[n, classes]`.
 */
export function withClassWeights(batch: NamedBatch, weights: ClassWeights): NamedBatch {
  const { y, weight } = batch;
  if (!isTensor(y) || (weight !== undefined && !isTensor(weight)))
    throw new CajalError(
      "bad-argument",
      "classWeights: they go with one output. Give examples weights by output instead: { x, y, weight: { NAME: … } }.",
    );
  const n = y.shape[0] ?? 0;
  const width = y.data.length / n;
  if (y.shape.length > 2)
    throw new CajalError(
      "bad-shape",
      `classWeights: got labels ${showShape(y.shape)}, expected classes [n], [n,1] or [n,classes].`,
      { shape: y.shape },
    );
  const exampleWeights = weight as Tensor<"float32"> | undefined;
  if (exampleWeights && exampleWeights.data.length !== n)
    throw new CajalError(
      "bad-shape",
      `classWeights: got example weights ${showShape(exampleWeights.shape)}, expected [${n}].`,
      { shape: exampleWeights.shape },
    );
  const data = Float32Array.from({ length: n }, (_, i) => {
    const row = Array.from(y.data.subarray(i * width, (i + 1) * width), Number);
    const label = width === 1 ? Number(y.data[i]) : row.indexOf(Math.max(...row));
    return ((weights as Record<number, number>)[label] ?? 1) * (exampleWeights?.data[i] ?? 1);
  });
  return { ...batch, weight: tensor("float32", [n], data) };
}
