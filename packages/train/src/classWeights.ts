// Class weights as weights of examples (Keras: `class_weight`).
import {
  CajalError,
  float16Value,
  isTensor,
  showShape,
  showValue,
  tensor,
  type NamedBatch,
  type Tensor,
} from "@cajal/core";

/** Class → factor of the loss of its examples: a list, or a record by the class's number. */
export type ClassWeights = readonly number[] | Readonly<Record<number, number>>;

/**
 * Checks class weights against the output that is trained.
 *
 * @param output its shape, as far as it is known
 * @returns the number of classes, as far as it is known
 * @throws CajalError `bad-argument`, `bad-shape`
 */
export function checkClassWeights(
  weights: ClassWeights,
  output: readonly (number | string | null | undefined)[] | undefined,
): number | undefined {
  const entries: [string, unknown][] =
    typeof weights === "object" && weights !== null ? Object.entries(weights) : [];
  const wrong = entries.find(([name, factor]) => !/^\d+$/.test(name) || !Number.isFinite(factor));
  if (entries.length === 0 || wrong)
    throw new CajalError(
      "bad-argument",
      `classWeights: got ${wrong ? `${wrong[0]}: ${showValue(wrong[1])}` : showValue(weights)}, expected a factor by class, e.g. { 0: 1, 1: 5 }.`,
      { weights },
    );
  if (!output) return undefined;
  if (output.slice(1, -1).some((extent) => extent !== 1))
    throw new CajalError(
      "bad-shape",
      `classWeights: got an output of ${showShape(output)}, with a class for each of several positions of an example, expected ${showShape([output[0], output.at(-1)])}. Give each position its weight instead, as the data's weight: ${showShape(output.slice(0, -1))}.`,
      { output },
    );
  const outputs = output.length > 1 ? output.at(-1) : 1;
  if (typeof outputs !== "number") return undefined;
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
  return classes;
}

/**
 * The batch, each example's weight multiplied by that of its class; 1 for a class that is not named.
 * A class is a number `[n]` or `[n, 1]`, rounded as Keras does where it is a share, or the largest of `[n, classes]`.
 *
 * @param classes their number, as far as it is known
 * @throws CajalError `bad-argument`, `bad-shape` for labels that are no classes
 */
export function withClassWeights(
  batch: NamedBatch,
  weights: ClassWeights,
  classes?: number,
): NamedBatch {
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
  if (weight && weight.dtype !== "float32")
    throw new CajalError("bad-argument", `classWeights: got example weights of ${weight.dtype}, expected float32.`, { dtype: weight.dtype }); // prettier-ignore
  const exampleWeights = weight as Tensor<"float32"> | undefined;
  if (exampleWeights && exampleWeights.data.length !== n)
    throw new CajalError(
      "bad-shape",
      `classWeights: got example weights ${showShape(exampleWeights.shape)}, expected [${n}].`,
      { shape: exampleWeights.shape },
    );
  const value = y.dtype === "float16" ? (i: number) => float16Value(Number(y.data[i])) : (i: number) => Number(y.data[i]); // prettier-ignore
  const classOf = (i: number): number => {
    if (width === 1) return halfEven(value(i));
    let best = 0;
    for (let k = 0; k < width; k++) {
      const share = value(i * width + k);
      if (Math.abs(share) > 1 + 1e-6) throw notClasses(i * width + k, share, "−1 … 1");
      if (share > value(i * width + best)) best = k;
    }
    return best;
  };
  const data = Float32Array.from({ length: n }, (_, i) => {
    const label = classOf(i);
    // −1 is the other class of a hinge loss. The step says where a batch has NaN.
    if (label < -1 || label >= (classes ?? Infinity))
      throw notClasses(i, value(i), `0 … ${classes === undefined ? "" : classes - 1}`);
    return ((weights as Record<number, number>)[label] ?? 1) * (exampleWeights?.data[i] ?? 1);
  });
  return { ...batch, weight: tensor("float32", [n], data) };
}

/** The nearest whole number, halves to the even one, as NumPy rounds. */
function halfEven(value: number): number {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

const notClasses = (index: number, label: number, expected: string) =>
  new CajalError(
    "bad-argument",
    `classWeights: label ${index} of the batch is ${label}, expected ${expected}. Class weights go with labels that are classes; otherwise give each example its weight, as the data's weight.`,
    { index, label },
  );
