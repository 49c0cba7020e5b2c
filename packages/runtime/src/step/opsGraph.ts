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
  const ofTwo =
    (name: "add" | "sub" | "mul" | "pow" | "max" | "min" | "greater" | "less" | "equal") =>
    (a: Operand, b: Operand) => {
      checkWhole(name, a, b);
      return g[name](a, b);
    };
  return {
    add: ofTwo("add"),
    sub: ofTwo("sub"),
    mul: ofTwo("mul"),
    div: (a: Operand, b: Operand) => {
      checkFractions("div", a, b);
      return g.div(a, b);
    },
    pow: ofTwo("pow"),
    max: ofTwo("max"),
    min: ofTwo("min"),
    neg: (x) => g.neg(x),
    abs: (x) => g.abs(x),
    exp: (x) => g.exp(x),
    log: (x) => g.log(x),
    sqrt: (x) => g.sqrt(x),
    tanh: (x) => g.tanh(x),
    softplus: (x) => g.softplus(x),
    sigmoid: (x) => g.sigmoid(x),
    clip: (x, min, max) => {
      checkWhole("clip", x, min, max);
      return g.clip(x, { min, max });
    },
    greater: ofTwo("greater"),
    less: ofTwo("less"),
    equal: ofTwo("equal"),
    where: (condition, a: Operand, b: Operand) => {
      checkWhole("where", a, b);
      return g.where(condition, a, b);
    },
    cast,
    reduceSum: reduce("reduceSum"),
    reduceMean: (x, options) => {
      checkFractions("reduceMean", x);
      return reduce("reduceMean")(x, options);
    },
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

const isWhole = (x: Operand): x is Value => typeof x !== "number" && /int|bool/.test(x.dtype);

/** A number stands for one of the other operand's type. */
function checkWhole(where: string, ...operands: readonly Operand[]): void {
  const whole = operands.find(isWhole);
  const fraction = operands.find((each) => typeof each === "number" && !Number.isInteger(each));
  if (whole && fraction !== undefined)
    throw new CajalError("bad-model", `${where}: got ${whole.dtype} and ${String(fraction)}, expected a whole number beside whole numbers.`); // prettier-ignore
}

/** Engines round what is computed of whole numbers alone, each in its own way. */
function checkFractions(where: string, ...operands: readonly Operand[]): void {
  const values = operands.filter((each) => typeof each !== "number");
  if (values.every(isWhole))
    throw new CajalError("bad-model", `${where}: got ${values[0]?.dtype}, expected float32: of whole numbers it would be a whole number.`); // prettier-ignore
}
