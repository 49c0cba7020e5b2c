// Ops over an ONNX graph under construction: values are outputs of nodes.
import { CajalError, showShape, showValue, tensor, type DType } from "@cajal/core";
import type { GraphBuilder, Operand, Value } from "@cajal/onnx";
import { reversedAxes, toTheEnd, type Ops, type Reduction } from "./ops";

export function opsGraph(g: GraphBuilder): Ops<Value> {
  const rank = (x: Value): number => {
    if (!x.shape)
      throw new CajalError("bad-model", `value "${x.name}": its number of axes is not known.`);
    return x.shape.length;
  };
  const cast = (x: Value, dtype: DType) => (x.dtype === dtype ? x : g.cast(x, dtype));
  // Over no axes ONNX reduces all of them; NumPy, and so TF.js, none.
  const reduce =
    (name: "reduceSum" | "reduceMean" | "reduceMax") =>
    (x: Value, { axes, keepDims = false }: Reduction = {}) =>
      axes?.length === 0 ? x : g[name](x, { axes, keepdims: keepDims });
  return {
    add: (a: Operand, b: Operand) => g.add(a, b),
    sub: (a: Operand, b: Operand) => g.sub(a, b),
    mul: (a: Operand, b: Operand) => g.mul(a, b),
    div: (a: Operand, b: Operand) => g.div(a, b),
    pow: (a: Operand, b: Operand) => g.pow(a, b),
    max: (a: Operand, b: Operand) => g.max(a, b),
    min: (a: Operand, b: Operand) => g.min(a, b),
    neg: (x) => g.neg(x),
    abs: (x) => g.abs(x),
    exp: (x) => g.exp(x),
    log: (x) => g.log(x),
    sqrt: (x) => g.sqrt(x),
    tanh: (x) => g.tanh(x),
    softplus: (x) => g.softplus(x),
    sigmoid: (x) => g.sigmoid(x),
    clip: (x, min, max) => g.clip(x, { min, max }),
    greater: (a: Operand, b: Operand) => g.greater(a, b),
    less: (a: Operand, b: Operand) => g.less(a, b),
    equal: (a: Operand, b: Operand) => g.equal(a, b),
    where: (condition, a: Operand, b: Operand) => g.where(condition, a, b),
    cast,
    reduceSum: reduce("reduceSum"),
    reduceMean: reduce("reduceMean"),
    reduceMax: reduce("reduceMax"),
    matMul: (a, b) => g.matMul(a, b),
    transpose: (x, perm = reversedAxes(rank(x))) => g.transpose(x, perm),
    reshape: (x, shape) => g.reshape(x, shape),
    concat: (values, axis) => g.concat(values, { axis }),
    slice: (x, { axis, start = 0, end = toTheEnd }) =>
      g.slice(x, { starts: [start], ends: [end], axes: [axis] }),
    unstack: (x, axis) => {
      const extent = x.shape?.at(axis);
      if (typeof extent !== "number")
        throw new CajalError("bad-shape", `value "${x.name}": unstack needs a known extent of axis ${showValue(axis)} of ${showShape(x.shape ?? [])}.`); // prettier-ignore
      const sizes = Array.from({ length: extent }, () => 1);
      return (extent === 1 ? [x] : g.split(x, { axis, sizes })).map((each) => g.squeeze(each, [axis])); // prettier-ignore
    },
    softmax: (x) => g.softmax(x, { axis: -1 }),
    logSoftmax: (x) => g.logSoftmax(x, { axis: -1 }),
    argMax: (x) => g.cast(g.argMax(x, { axis: -1, keepdims: false }), "int32"),
    oneHot: (indices, depth) => {
      const numbers = /^(int8|int16|float16)$/.test(indices.dtype) ? cast(indices, "int32") : indices; // prettier-ignore
      // ONNX counts negative places from the end.
      const places = /^(uint|bool)/.test(indices.dtype) ? indices : g.where(g.less(numbers, 0), depth, numbers); // prettier-ignore
      return g.oneHot(cast(places, "int64"), depth, g.constant(tensor("float32", [2], [0, 1])), {
        axis: -1,
      });
    },
    gather: (table, indices) => g.gather(table, cast(indices, "int64"), { axis: 0 }),
    constant: (values) => g.constant(tensor("float32", [values.length], values)),
    expandDims: (x) => g.unsqueeze(x, [rank(x)]),
    squeeze: (x) => g.squeeze(x, [rank(x) - 1]),
    rank,
    extent: (x, axis) => {
      const extent = x.shape?.at(axis);
      return typeof extent === "number" ? extent : undefined;
    },
  };
}
