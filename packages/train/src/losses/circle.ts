import {
  CajalError,
  checkOptions,
  optionsOf,
  showShape,
  type Shape,
  type Tensor,
} from "@cajal/core";
import type { Loss } from "@cajal/runtime";
import { defineLoss, isWeightless, numbersOf } from "./defineLoss";
import { logSumExp, nothing } from "./shared/logarithms";

export interface CircleOptions {
  /** Factor of all similarities before they are compared; default 80. */
  gamma?: number;
  /** How near examples of a class are to be, and how far from others: default 0.4. */
  margin?: number;
  /** Whether an example is no pair with itself; default true. */
  removeDiagonal?: boolean;
}

const optionKinds = optionsOf<CircleOptions>({
  gamma: { least: 0 },
  margin: {},
  removeDiagonal: "boolean",
});

/**
 * log(1 + Σ exp(gamma α⁻ (s⁻ − margin)) Σ exp(−gamma α⁺ (s⁺ − 1 + margin))) of an example's similarities to those of its
 * class in the batch, s⁺, and to the others, s⁻, which count by how far they are from where they are to be (Sun et al.
 * 2020, arXiv:2002.10857). The mean is over the examples that have both, as in Keras.
 *
 * `yTrue` class numbers `[batch]`, of which there may be any; the output is `[batch, numbers]`, each row of length 1, as
 * the layer UnitNormalization makes it.
 */
export const circle = defineLoss(["circle"], (options: CircleOptions = {}): Loss => {
  checkOptions("circle", options, optionKinds);
  const { gamma = 80, margin = 0.4, removeDiagonal = true } = options;
  return {
    name: "circle",
    config: { gamma, margin, removeDiagonal },
    checkLabels: checkGroups,
    compute(ops, yTrue, yPred) {
      const examples = ops.extent(yPred, 0);
      if (examples === undefined)
        throw new CajalError("bad-shape", "circle: the number of examples is not known.");
      const labels = ops.cast(ops.rank(yTrue) === 2 ? ops.squeeze(yTrue) : yTrue, "int32");
      // [batch, batch]: rows by columns
      const isSame = ops.cast(ops.equal(ops.expandDims(labels), labels), "float32");
      const self = ops.oneHot(ops.constant([...Array(examples).keys()]), examples);
      const isPositive = removeDiagonal ? ops.sub(isSame, self) : isSame;
      const similarity = ops.matMul(yPred, ops.transpose(yPred));
      const distance = ops.clip(ops.sub(1, similarity), 0, Infinity);
      const towards = ops.mul(
        ops.clip(ops.add(distance, margin), 0, Infinity),
        ops.sub(distance, margin),
      );
      const away = ops.mul(
        ops.clip(ops.sub(1 + margin, distance), 0, Infinity),
        ops.sub(1 - margin, distance),
      );
      const sumOf = (mask: typeof yPred, terms: typeof yPred) =>
        logSumExp(ops, ops.where(ops.greater(mask, 0), ops.mul(terms, gamma), nothing));
      const losses = ops.softplus(
        ops.add(sumOf(isPositive, towards), sumOf(ops.sub(1, isSame), away)),
      );
      // Those without one or the other have a loss of 0.
      const share = ops.reduceMean(ops.cast(ops.greater(losses, 0), "float32"));
      return ops.div(losses, ops.clip(share, 1e-30, 1));
    },
  };
});

/** One whole number an example. */
function checkGroups(yTrue: Tensor, output: Shape, weight?: Tensor): void {
  const { shape, dtype } = yTrue;
  const isColumn = shape.length === 2 && shape[1] === 1;
  if (output.length !== 2 || !(shape.length === 1 || isColumn) || shape[0] !== output[0])
    throw new CajalError(
      "bad-shape",
      `circle: got labels ${showShape(shape)} for an output of ${showShape(output)}, expected class numbers ${showShape(output.slice(0, 1))} and an output [batch, numbers].`,
      { labels: shape, output },
    );
  const data = numbersOf(yTrue);
  for (let i = 0; i < data.length; i++) {
    const label = Number(data[i]);
    const isInt32 = Number.isInteger(label) && Math.abs(label) < 2 ** 31;
    if (!isInt32 && !isWeightless(weight, i, data.length))
      throw new CajalError(
        "bad-argument",
        `circle: label ${i} of the batch is ${label} (${dtype}), expected a class number, a whole number of at most 31 bits.`,
        { index: i, label },
      );
  }
}
