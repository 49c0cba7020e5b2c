// Operators that compute element by element.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "../peers";
import { absolute } from "../absolute";
import { withoutGradient } from "../withoutGradient";
import type { TfjsOperator, TfjsOperators } from "./operator";

const unary =
  (apply: (tf: TfCore, x: tfc.Tensor) => tfc.Tensor): TfjsOperator =>
  ([x], { tf }) =>
    apply(tf, x);

const binary =
  (apply: (tf: TfCore, a: tfc.Tensor, b: tfc.Tensor) => tfc.Tensor): TfjsOperator =>
  ([a, b], { tf }) =>
    apply(tf, a, b!);

/** An operator of any number of inputs, applied pairwise. */
const pairwise =
  (apply: (tf: TfCore, a: tfc.Tensor, b: tfc.Tensor) => tfc.Tensor): TfjsOperator =>
  ([first, ...others], { tf }) =>
    others.reduce<tfc.Tensor>((a, b) => apply(tf, a, b!), first);

/** A truth value. */
const truth =
  (apply: (tf: TfCore, ...xs: tfc.Tensor[]) => tfc.Tensor): TfjsOperator =>
  (operands, { tf }) =>
    withoutGradient(tf, operands as readonly tfc.Tensor[], (...xs) => apply(tf, ...xs));

/** The TF.js dtype for ONNX' number of a data type. */
const typeOf = (onnx: number) => (onnx === 9 ? "bool" : [1, 10, 11, 16].includes(onnx) ? "float32" : "int32"); // prettier-ignore

export const elementwise: TfjsOperators = {
  Abs: unary(absolute),
  Neg: unary((tf, x) => tf.neg(x)),
  Exp: unary((tf, x) => tf.exp(x)),
  Log: unary((tf, x) => tf.log(x)),
  Sqrt: unary((tf, x) => tf.sqrt(x)),
  Reciprocal: unary((tf, x) => tf.reciprocal(x)),
  Sin: unary((tf, x) => tf.sin(x)),
  Cos: unary((tf, x) => tf.cos(x)),
  Atan: unary((tf, x) => tf.atan(x)),
  Erf: unary((tf, x) => tf.erf(x)),
  Floor: unary((tf, x) => tf.floor(x)),
  Ceil: unary((tf, x) => tf.ceil(x)),
  Round: unary((tf, x) => tf.round(x)),
  Sign: unary((tf, x) => tf.sign(x)),
  Relu: unary((tf, x) => tf.relu(x)),
  Sigmoid: unary((tf, x) => tf.sigmoid(x)),
  Tanh: unary((tf, x) => tf.tanh(x)),
  Softplus: unary((tf, x) => tf.softplus(x)),
  Softsign: unary((tf, x) => tf.div(x, tf.add(tf.abs(x), 1))),
  Not: truth((tf, x) => tf.logicalNot(tf.cast(x!, "bool"))),
  Identity: unary((_, x) => x),
  Elu: ([x], { tf, get }) => {
    const alpha = get("alpha", 1);
    return tf.where(tf.greaterEqual(x, 0), x, tf.mul(alpha, tf.expm1(tf.minimum(x, 0))));
  },
  Selu: unary((tf, x) => tf.selu(x)),
  // Slope 0 at 0, as Keras writes it and layer PReLU has it.
  PRelu: ([x, slope], { tf }) => tf.sub(tf.relu(x), tf.mul(slope!, tf.relu(tf.neg(x)))),
  LeakyRelu: ([x], { tf, get }) => tf.leakyRelu(x, get("alpha", 0.01)),
  ThresholdedRelu: ([x], { tf, get }) => {
    const isAbove = withoutGradient(tf, [x], (y) => tf.greater(y!, get("alpha", 1)));
    return tf.where(isAbove, x, tf.zerosLike(x));
  },
  HardSigmoid: ([x], { tf, get }) =>
    tf.clipByValue(tf.add(tf.mul(x, get("alpha", 0.2)), get("beta", 0.5)), 0, 1),
  Gelu: ([x], { tf, get }) =>
    get("approximate", "none") === "tanh"
      ? tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, 3))))))) // prettier-ignore
      : tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  Clip: ([x, low, high], { tf }) => {
    const atLeastLow = low ? tf.maximum(x, low) : x;
    return high ? tf.minimum(atLeastLow, high) : atLeastLow;
  },
  Add: binary((tf, a, b) => tf.add(a, b)),
  Sub: binary((tf, a, b) => tf.sub(a, b)),
  Mul: binary((tf, a, b) => tf.mul(a, b)),
  // Integer division rounds towards 0; no lowering divides negative integers.
  Div: binary((tf, a, b) => (a.dtype === "int32" && b.dtype === "int32" ? tf.floorDiv(a, b) : tf.div(a, b))), // prettier-ignore
  Mod: binary((tf, a, b) => tf.mod(a, b)),
  Pow: binary((tf, a, b) => tf.pow(a, b)),
  Equal: truth((tf, a, b) => tf.equal(a!, b!)),
  Greater: truth((tf, a, b) => tf.greater(a!, b!)),
  GreaterOrEqual: truth((tf, a, b) => tf.greaterEqual(a!, b!)),
  Less: truth((tf, a, b) => tf.less(a!, b!)),
  LessOrEqual: truth((tf, a, b) => tf.lessEqual(a!, b!)),
  IsNaN: truth((tf, x) => tf.isNaN(x!)),
  And: truth((tf, a, b) => tf.logicalAnd(a!, b!)),
  Or: truth((tf, a, b) => tf.logicalOr(a!, b!)),
  Max: pairwise((tf, a, b) => tf.maximum(a, b)),
  Min: pairwise((tf, a, b) => tf.minimum(a, b)),
  Sum: pairwise((tf, a, b) => tf.add(a, b)),
  Where: ([condition, a, b], { tf }) => tf.where(tf.cast(condition, "bool"), a!, b!),
  Cast: ([x], { tf, get }) => {
    const dtype = typeOf(get("to", 1));
    // TF.js' cast of int32 to int32 would change the dtype to float32.
    return x.dtype === dtype
      ? x
      : dtype === "bool"
        ? withoutGradient(tf, [x], (y) => tf.notEqual(y!, 0))
        : tf.cast(x, dtype);
  },
  Softmax: ([x], { tf, get }) => alongLast(tf, x, get("axis", -1), (y) => tf.softmax(y)),
  LogSoftmax: ([x], { tf, get }) => alongLast(tf, x, get("axis", -1), (y) => tf.logSoftmax(y)),
};

/** TF.js has both only along the last axis. */
function alongLast(
  tf: TfCore,
  x: tfc.Tensor,
  axis: number,
  apply: (x: tfc.Tensor) => tfc.Tensor,
): tfc.Tensor {
  const positiveAxis = axis < 0 ? axis + x.rank : axis;
  if (positiveAxis === x.rank - 1) return apply(x);
  const order = x.shape.map((_, i) => i).with(positiveAxis, x.rank - 1).with(x.rank - 1, positiveAxis); // prettier-ignore
  return tf.transpose(apply(tf.transpose(x, order)), order);
}
