// Operators that look for places, and take elements from places: what masked sequences are made of.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "../peers";
import { withoutGradient } from "../withoutGradient";
import { axisOf, numbersOf, type TfjsOperator, type TfjsOperators } from "./operator";

/** `compute` along the last axis, where TF.js has it, of an axis of a tensor. */
function alongLast(
  tf: TfCore,
  x: tfc.Tensor,
  axis: number,
  compute: (x: tfc.Tensor) => readonly tfc.Tensor[],
): readonly tfc.Tensor[] {
  const last = x.rank - 1;
  if (axis === last) return compute(x);
  const order = x.shape.map((_, i) => i).with(axis, last).with(last, axis); // prettier-ignore
  return compute(tf.transpose(x, order)).map((y) => tf.transpose(y, order));
}

/** Where an axis has its largest or smallest element. */
const place =
  (find: (tf: TfCore, x: tfc.Tensor, axis: number) => tfc.Tensor): TfjsOperator =>
  ([x], { tf, get }) => {
    const axis = axisOf(get("axis", 0), x.rank);
    const found = withoutGradient(tf, [x], (y) => find(tf, y!, axis));
    return get("keepdims", 1) === 1 ? tf.expandDims(found, axis) : found;
  };

export const places: TfjsOperators = {
  ArgMax: place((tf, x, axis) => tf.argMax(x, axis)),
  ArgMin: place((tf, x, axis) => tf.argMin(x, axis)),
  CumSum: ([x, axis], { tf, get }) =>
    alongLast(tf, x, axisOf(numbersOf(axis!)[0]!, x.rank), (y) => [
      tf.cumsum(y, y.rank - 1, get("exclusive", 0) === 1, get("reverse", 0) === 1),
    ])[0]!,
  TopK: ([x, k], { tf, get }) =>
    alongLast(tf, x, axisOf(get("axis", -1), x.rank), (y) => {
      const isLargest = get("largest", 1) === 1;
      const isSorted = get("sorted", 1) === 1;
      const of = numbersOf(k!)[0]!;
      const indices = withoutGradient(
        tf,
        [y],
        (x) => tf.topk(isLargest ? x! : tf.neg(x!), of, isSorted).indices,
      );
      // TF.js has no gradient of its values, which are taken from their places here.
      const [extent, count] = [y.shape.at(-1)!, indices.shape.at(-1)!];
      const rows = size(y.shape.slice(0, -1));
      const starts = tf.range(0, rows * extent, extent, "int32");
      const at = tf.add(tf.reshape(indices, [rows, count]), tf.expandDims(starts, 1));
      const taken = rowsAt(tf, tf.reshape(y, [-1]), tf.cast(tf.reshape(at, [-1]), "int32"));
      return [tf.reshape(taken, indices.shape), indices];
    }),
  // x [batch, steps, …] at indices [batch, count, 1], or of any number of axes that are the batch.
  GatherND: ([x, indices], { tf, get }) => {
    const batchAxes = get("batch_dims", 0);
    const depth = indices!.shape.at(-1)!;
    if (depth !== 1) return tf.gatherND(x, indices!);
    const [batch, steps] = [size(x.shape.slice(0, batchAxes)), x.shape[batchAxes]!];
    const counts = indices!.shape.slice(batchAxes, -1);
    const starts = tf.mul(tf.range(0, batch, 1, "int32"), tf.scalar(steps, "int32"));
    const at = tf.add(tf.reshape(indices!, [batch, -1]), tf.expandDims(starts, 1));
    const rest = x.shape.slice(batchAxes + 1);
    const rows = tf.reshape(x, [batch * steps, ...rest]);
    const taken = rowsAt(tf, rows, tf.cast(tf.reshape(at, [-1]), "int32"));
    return tf.reshape(taken, [...x.shape.slice(0, batchAxes), ...counts, ...rest]);
  },
};

/** `tf.gather` of rows, whose gradient TF.js also asks of places, and gives as whole numbers, which it refuses. */
function rowsAt(tf: TfCore, rows: tfc.Tensor, places: tfc.Tensor): tfc.Tensor {
  const gathered = tf.customGrad((x, save) => {
    (save as tfc.GradSaveFunc)([places]);
    return {
      value: tf.gather(x as tfc.Tensor, places),
      gradFunc: (dy: tfc.Tensor, [saved]: tfc.Tensor[]) =>
        tf.unsortedSegmentSum(dy, saved as tfc.Tensor1D, rows.shape[0]!),
    };
  });
  return gathered(rows);
}

const size = (extents: readonly number[]) => extents.reduce((a, b) => a * b, 1);
