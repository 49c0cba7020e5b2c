// Shared by all losses: names, labels, and the shapes that they take.
import { CajalError, float16Value, showShape, type Shape, type Tensor } from "@cajal/core";
import type { Loss, Ops } from "@cajal/runtime";

/** A function that makes a loss, and the names by which Keras knows it. */
export type LossMaker<O> = ((options?: O) => Loss) & { readonly names: readonly string[] };

/**
 * @param names in Keras: its own, then abbreviations
 * @param make the loss for these options; called without options it gives the default loss
 */
export function defineLoss<O>(names: readonly string[], make: (options?: O) => Loss): LossMaker<O> {
  return Object.assign((options?: O) => make(options), { names });
}

/** Keras' `backend.epsilon()`: probabilities are clipped to at least this distance from 0 and 1. */
export const epsilon = 1e-7;

/** The largest float32. */
export const largest = 3.4028234663852886e38;

/**
 * A loss that is computed for every element and averaged over the last axis.
 *
 * @param bounds of the labels; default: they may be any number
 */
export function elementwise(
  name: string,
  where: string,
  elements: <V>(ops: Ops<V>, y: V, yPred: V) => V,
  bounds?: Bounds,
): Loss {
  return {
    name,
    checkLabels: (yTrue, output, weight) =>
      bounds === undefined
        ? checkSameShape(where, yTrue, output)
        : checkShares(where, yTrue, output, weight, bounds),
    compute(ops, yTrue, yPred) {
      return ops.reduceMean(elements(ops, labelsOf(ops, yTrue, yPred), yPred), { axes: [-1] });
    },
  };
}

/** Labels as float32 with all axes of the output: where its last is 1 they may lack it, see {@link checkSameShape}. */
export const labelsOf = <V>(ops: Ops<V>, yTrue: V, yPred: V): V =>
  ops.cast(ops.rank(yTrue) < ops.rank(yPred) ? ops.expandDims(yTrue) : yTrue, "float32");

/**
 * y · value, and 0 where y is 0 whatever the value is: 0 · −∞, as of a class that a model excludes,
 * would be NaN.
 */
export const timesLabel = <V>(ops: Ops<V>, y: V, value: V): V =>
  ops.where(ops.equal(y, 0), 0, ops.mul(y, value));

/** Labels −1 and 1 as they are; where all labels of a batch are 0 or 1, 2y − 1. */
export function signsOf<V>(ops: Ops<V>, y: V): V {
  const yMinus1 = ops.sub(y, 1);
  // y (y − 1) is 0 for 0 and 1 alone.
  const deviation = ops.reduceSum(ops.abs(ops.mul(y, yMinus1)));
  const isBinary = ops.cast(ops.equal(deviation, 0), "float32");
  return ops.add(y, ops.mul(yMinus1, isBinary));
}

/**
 * Number of classes: the extent of the output's last axis.
 *
 * @throws CajalError `bad-shape` where it is free
 */
export function classCount<V>(where: string, ops: Ops<V>, yPred: V): number {
  const count = ops.extent(yPred, -1);
  if (count === undefined)
    throw new CajalError("bad-shape", `${where}: the model's number of classes is not known.`);
  return count;
}

/** Labels in the shape of the output, or without a last axis of 1. */
export function checkSameShape(where: string, { shape }: Tensor, output: Shape): void {
  const fullShape =
    shape.length + 1 === output.length && output.at(-1) === 1 ? [...shape, 1] : shape;
  if (fullShape.length !== output.length || fullShape.some((extent, i) => extent !== output[i]))
    throw new CajalError(
      "bad-shape",
      `${where}: got labels ${showShape(shape)}, expected ${showShape(output)}, the shape of the model's output.${
        shape.length + 1 === output.length
          ? " Class numbers go with sparseCategoricalCrossentropy, or make them one-hot."
          : ""
      }`,
      { labels: shape, output },
    );
}

/** The elements; those of float16 are bits. */
export const numbersOf = ({ dtype, data }: Tensor): ArrayLike<number> =>
  dtype === "float16"
    ? Float32Array.from(data as Uint16Array, float16Value)
    : (data as ArrayLike<number>);

/** Sums of shares, such as the labels of mixed examples, may round beyond 1. */
const tolerance = 1e-6;

/**
 * Labels in the shape of the output, which are shares: in 0 … 1, or within other bounds. Others would give a loss that
 * falls for ever, and no error from an engine.
 *
 * @param weight of examples or positions: where it is 0 the label is not looked at
 * @throws CajalError `bad-shape`, `bad-argument`
 */
export function checkShares(
  where: string,
  yTrue: Tensor,
  output: Shape,
  weight?: Tensor,
  { least = 0, most = 1 }: Bounds = {},
): void {
  checkSameShape(where, yTrue, output);
  const { dtype } = yTrue;
  const data = numbersOf(yTrue);
  const [low, high] = [least - tolerance, most + tolerance];
  for (let i = 0; i < data.length; i++) {
    const label = data[i]!;
    // The step says where a batch has NaN.
    if (!(label < low || label > high) || isWeightless(weight, i, data.length)) continue;
    throw new CajalError(
      "bad-argument",
      `${where}: label ${i} of the batch is ${label} (${dtype}), expected a number ${most === Infinity ? `of at least ${least}` : `in ${least} … ${most}`}.${
        least === 0 && most === 1
          ? " Scale labels as they are made: bytes by 1 / 255 (rescale(1 / 255) where images are their own labels), −1 and 1 by (y + 1) / 2. Class numbers go with sparseCategoricalCrossentropy."
          : ""
      }`,
      { index: i, label },
    );
  }
}

export interface Bounds {
  readonly least?: number;
  readonly most?: number;
}

/** Whether label `i` of `count` has a weight of 0, as those have that are not known, or are padding. */
export const isWeightless = (weight: Tensor | undefined, i: number, count: number): boolean =>
  weight !== undefined && Number(weight.data[Math.floor((i * weight.data.length) / count)]) === 0;
