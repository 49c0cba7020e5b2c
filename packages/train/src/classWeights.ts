// Class weights as weights of examples (Keras: `class_weight`).
import {
  CajalError,
  isTensor,
  showShape,
  showValue,
  tensor,
  type NamedBatch,
  type Tensor,
} from "@cajal/core";

/** Class → factor of the loss of its examples: a list, or a record by the class's number. */
export type ClassWeights = readonly number[] | Readonly<Record<number, number>>;

/** @throws CajalError `bad-argument` */
export function checkClassWeights(weights: ClassWeights): void {
  const entries = typeof weights === "object" && weights !== null ? Object.entries(weights) : [];
  if (
    entries.length === 0 ||
    entries.some(([name, factor]) => !/^\d+$/.test(name) || !Number.isFinite(factor))
  )
    throw new CajalError(
      "bad-argument",
      `classWeights: got ${showValue(weights)}, expected a factor by class, e.g. { 0: 1, 1: 5 }.`,
      { weights },
    );
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
