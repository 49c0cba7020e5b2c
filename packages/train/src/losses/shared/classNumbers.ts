// Labels that are class numbers.
import { CajalError, showShape, sizeOf, type Shape, type Tensor } from "@cajal/core";
import { isWeightless, numbersOf } from "../defineLoss";

/**
 * Class numbers for an output of several classes, with or without a last axis of 1.
 *
 * @param weight of examples or positions: where it is 0 the label is not looked at
 * @throws CajalError `bad-shape`, `bad-argument`
 */
export function checkClassNumbers(
  where: string,
  yTrue: Tensor,
  output: Shape,
  weight?: Tensor,
): void {
  const { shape, dtype } = yTrue;
  const expected = output.slice(0, -1);
  const labelShape =
    shape.length === output.length && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
  if (labelShape.length !== expected.length || sizeOf(labelShape) !== sizeOf(expected))
    throw new CajalError(
      "bad-shape",
      `${where}: got labels ${showShape(shape)}, expected class numbers ${showShape(expected)} for an output of ${showShape(output)}.${
        shape.length === output.length ? " One-hot labels go with categoricalCrossentropy." : ""
      }`,
      { labels: shape, output },
    );
  const classes = output.at(-1) ?? 0;
  const data = numbersOf(yTrue);
  for (let i = 0; i < data.length; i++) {
    const label = Number(data[i]);
    // A number outside would be a sample without any class: a loss of 0, and no error from an engine.
    const isClass = Number.isInteger(label) && label >= 0 && label < classes;
    if (!isClass && !isWeightless(weight, i, data.length))
      throw new CajalError(
        "bad-argument",
        `${where}: label ${i} of the batch is ${label} (${dtype}), expected a class number in 0 … ${classes - 1}.`,
        { index: i, label, classes },
      );
  }
}
