// From the output of a network trained on ImageNet to names.
import { CajalError, checkOptions, showShape, type Tensor, checkTensor } from "@cajal/core";
import { imagenetClasses, type ImagenetClass } from "./imagenetClasses";

/** A class and the network's output for it. */
export interface Prediction extends ImagenetClass {
  /** Which output, 0 … 999. */
  readonly index: number;
  /** The output's value: a probability where the network ends in softmax. */
  readonly score: number;
}

/**
 * The classes with the highest outputs, highest first, for each example.
 *
 * @param probabilities [batch, 1000]
 * @throws CajalError `bad-shape`, `bad-argument`, `unknown-option`
 * @example decodePredictions(await session.predict(x), { top: 1 })[0][0].label // "tabby"
 */
export function decodePredictions(
  probabilities: Tensor,
  options: {
    /** How many classes of each example, 1 … 1000; default 5. */
    readonly top?: number;
  } = {},
): Prediction[][] {
  checkOptions("decodePredictions", options, ["top"]);
  const { top = 5 } = options;
  checkTensor(probabilities, "decodePredictions");
  const { shape, data } = probabilities;
  const classes = imagenetClasses();
  if (shape.length !== 2 || shape[1] !== classes.length)
    throw new CajalError(
      "bad-shape",
      `decodePredictions: got ${showShape(shape)}, expected [batch, 1000], the outputs of a network trained on ImageNet.`,
      { shape },
    );
  if (!Number.isInteger(top) || top < 1 || top > classes.length)
    throw new CajalError(
      "bad-argument",
      `decodePredictions: got top ${top}, expected a whole number in 1 … 1000.`,
      { top },
    );
  return Array.from({ length: shape[0]! }, (_, example) =>
    classes
      .map(({ wnid, label }, index) => ({
        index,
        wnid,
        label,
        score: Number(data[example * classes.length + index]),
      }))
      .sort((a, b) => b.score - a.score)
      .slice(0, top),
  );
}
