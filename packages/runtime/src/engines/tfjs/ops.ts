// Ops over TF.js tensors, computed eagerly. The caller tidies.
import { CajalError, showShape, showValue } from "@cajal/core";
import type * as tfc from "@tensorflow/tfjs-core";
import { reversedAxes, toTheEnd, type Ops, type Reduction } from "../../step/ops";
import { absolute } from "./absolute";
import { maximumOver } from "./maximumOver";
import { axisOf } from "./operators/operator";
import { sliceAxis } from "./operators/shape";
import { matMul } from "./operators/sums";

export function opsTfjs(tf: typeof tfc): Ops<tfc.Tensor> {
  type Operand = tfc.Tensor | number;
  const axesOf = (x: tfc.Tensor, { axes }: Reduction) =>
    axes && [...axes].map((axis) => (axis < 0 ? x.rank + axis : axis));
  const tensorOf = (value: Operand, { dtype }: tfc.Tensor) =>
    typeof value === "number" ? tf.scalar(value, dtype) : value;
  /** A comparison with gradient 0, which TF.js lacks for most: differentiating its own throws. */
  const comparison =
    (compare: (a: tfc.Tensor, b: tfc.Tensor) => tfc.Tensor) => (a: Operand, b: Operand) => {
      const like = typeof a === "number" ? b : a;
      if (typeof like === "number")
        throw new CajalError("bad-argument", `got ${String(a)} and ${like}, expected a value to compare with.`); // prettier-ignore
      const compareWithGradient = tf.customGrad((x, y) => ({
        value: compare(x as tfc.Tensor, y as tfc.Tensor),
        gradFunc: () => [tf.zerosLike(x as tfc.Tensor), tf.zerosLike(y as tfc.Tensor)],
      }));
      return compareWithGradient(tensorOf(a, like), tensorOf(b, like));
    };
  return {
    add: (a: Operand, b: Operand) => tf.add(a, b),
    sub: (a: Operand, b: Operand) => tf.sub(a, b),
    mul: (a: Operand, b: Operand) => tf.mul(a, b),
    div: (a: Operand, b: Operand) => tf.div(a, b),
    pow: (a: Operand, b: Operand) => tf.pow(a, b),
    max: (a: Operand, b: Operand) => tf.maximum(a, b),
    min: (a: Operand, b: Operand) => tf.minimum(a, b),
    neg: (x) => tf.neg(x),
    abs: (x) => absolute(tf, x),
    exp: (x) => tf.exp(x),
    log: (x) => tf.log(x),
    sqrt: (x) => tf.sqrt(x),
    tanh: (x) => tf.tanh(x),
    softplus: (x) => tf.softplus(x),
    sigmoid: (x) => tf.sigmoid(x),
    clip: (x, min, max) => tf.clipByValue(x, min, max),
    greater: comparison((a, b) => tf.greater(a, b)),
    less: comparison((a, b) => tf.less(a, b)),
    equal: comparison((a, b) => tf.equal(a, b)),
    where: (condition, a, b) => tf.where(condition, a, b),
    cast: (x, dtype) => tf.cast(x, dtype),
    reduceSum: (x, options = {}) => tf.sum(x, axesOf(x, options), options.keepDims),
    reduceMean: (x, options = {}) => tf.mean(x, axesOf(x, options), options.keepDims),
    reduceMax: (x, options = {}) => maximumOver(tf, x, axesOf(x, options), options.keepDims),
    matMul: (a, b) => matMul(tf, a, b),
    transpose: (x, perm = reversedAxes(x.rank)) => {
      // TF.js takes an axis twice.
      if (perm.toSorted().some((axis, i) => axis !== i) || perm.length !== x.rank)
        throw new CajalError(
          "bad-shape",
          `transpose: perm ${showShape(perm)} does not order the axes of ${showShape(x.shape)}.`,
          { got: perm, shape: x.shape },
        );
      return tf.transpose(x, [...perm]);
    },
    reshape: (x, shape) => tf.reshape(x, shape.map((extent, i) => (extent === 0 ? x.shape[i]! : extent))), // prettier-ignore
    concat: (values, axis) => tf.concat([...values], axisOf(axis, values[0]!.rank)),
    slice(x, { axis, start = 0, end = toTheEnd }) {
      checkAxis("slice", x, axis);
      return sliceAxis(tf, x, { axis: axisOf(axis, x.rank), from: start, to: end, by: 1 });
    },
    unstack(x, axis) {
      checkAxis("unstack", x, axis);
      const shape = x.shape.toSpliced(axis, 1);
      const parts = tf.split(x, x.shape.at(axis)!, axisOf(axis, x.rank));
      return parts.map((part) => tf.reshape(part, shape));
    },
    softmax: (x) => tf.softmax(x),
    logSoftmax: (x) => tf.logSoftmax(x),
    argMax: (x) => tf.argMax(x, -1),
    oneHot: (indices, depth) => {
      const places = tf.cast(indices, "int32");
      // TF.js refuses a depth of 1.
      const isPlace = depth === 1 ? tf.equal(tf.expandDims(places, -1), 0) : tf.oneHot(places, depth); // prettier-ignore
      return tf.cast(isPlace, "float32");
    },
    gather: (table, indices) => tf.gather(table, tf.cast(indices, "int32")),
    constant: (values) => tf.tensor1d([...values], "float32"),
    expandDims: (x) => tf.expandDims(x, -1),
    squeeze: (x) => {
      if (x.shape.at(-1) !== 1)
        throw new CajalError(
          "bad-shape",
          `squeeze: got ${x.shape.join("×")}, expected a last extent of 1.`,
        );
      return tf.reshape(x, x.shape.slice(0, -1));
    },
    rank: (x) => x.rank,
    extent: (x, axis) => x.shape.at(axis),
  };
}

function checkAxis(where: string, { shape }: tfc.Tensor, axis: number): void {
  if (shape.at(axis) === undefined)
    throw new CajalError("bad-shape", `${where}: axis ${showValue(axis)} is outside of shape ${showShape(shape)}.`, { axis, shape }); // prettier-ignore
}
