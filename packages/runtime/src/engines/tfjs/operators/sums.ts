// Operators that sum: matrix products and reductions.
import { CajalError } from "@cajal/core";
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "../peers";
import { maximumOver } from "../maximumOver";
import { productOver } from "../productOver";
import { axisOf, numbersOf, type TfjsOperator, type TfjsOperators } from "./operator";

const reduction =
  (apply: (tf: TfCore, x: tfc.Tensor, axes: number[], keep: boolean) => tfc.Tensor): TfjsOperator =>
  ([x, axes], { tf, get }) => {
    const axisList = axes ? numbersOf(axes) : [...get("axes", [])];
    const reducedAxes = axisList.length > 0 ? axisList : x.shape.map((_, i) => i);
    return apply(tf, x, reducedAxes, get("keepdims", 1) === 1);
  };

/** Matrix product with broadcasting; TF.js' own lacks the gradients of broadcast operands. */
export function matMul(tf: TfCore, a: tfc.Tensor, b: tfc.Tensor): tfc.Tensor {
  if (a.rank === 1) {
    const y = matMul(tf, tf.expandDims(a, 0), b);
    return tf.reshape(y, y.shape.toSpliced(y.rank - 2, 1));
  }
  if (b.rank === 1) {
    const y = matMul(tf, a, tf.expandDims(b, 1));
    return tf.reshape(y, y.shape.slice(0, -1));
  }
  if (b.rank === 2) {
    const y = tf.matMul(tf.reshape(a, [-1, a.shape.at(-1)!]) as tfc.Tensor2D, b as tfc.Tensor2D);
    return tf.reshape(y, [...a.shape.slice(0, -1), b.shape[1]!]);
  }
  const rank = Math.max(a.rank, b.rank);
  const padShape = ({ shape }: tfc.Tensor) => [...Array.from({ length: rank - shape.length }, () => 1), ...shape]; // prettier-ignore
  const [p, q] = [padShape(a), padShape(b)];
  const batch = p.slice(0, -2).map((extent, i) => Math.max(extent, q[i]!));
  const to = (x: tfc.Tensor, shape: readonly number[]) => {
    const targetShape = [...batch, ...shape.slice(-2)];
    const reshaped = tf.reshape(x, [...shape]);
    return targetShape.every((extent, i) => extent === shape[i])
      ? reshaped
      : tf.broadcastTo(reshaped, targetShape);
  };
  return tf.matMul(to(a, p), to(b, q));
}

export const sums: TfjsOperators = {
  MatMul: ([a, b], { tf }) => matMul(tf, a, b!),
  Gemm: ([a, b, c], { tf, get }) => {
    const transposedIf = (x: tfc.Tensor, flag: string) =>
      get(flag, 0) === 1 ? tf.transpose(x) : x;
    const product = tf.matMul(transposedIf(a, "transA") as tfc.Tensor2D, transposedIf(b!, "transB") as tfc.Tensor2D); // prettier-ignore
    const scaled = get("alpha", 1) === 1 ? product : tf.mul(product, get("alpha", 1));
    if (!c) return scaled;
    return tf.add(scaled, get("beta", 1) === 1 ? c : tf.mul(c, get("beta", 1)));
  },
  Einsum: ([a, b, ...more], { tf, get }) => {
    if (!b || more.length > 0)
      throw new CajalError("unsupported", "Einsum on TF.js: expected two inputs. Use engine onnx.");
    return einsum(tf, get("equation", ""), a, b);
  },
  // Of inference, channels first.
  BatchNormalization: ([x, scale, shift, mean, variance], { tf, get }) => {
    const perChannel = (values: tfc.Tensor) => tf.reshape(values, [-1, ...x.shape.slice(2).map(() => 1)]); // prettier-ignore
    const factor = tf.div(scale!, tf.sqrt(tf.add(variance!, get("epsilon", 1e-5))));
    return tf.add(tf.mul(tf.sub(x, perChannel(mean!)), perChannel(factor)), perChannel(shift!));
  },
  LayerNormalization: ([x, scale, shift], { tf, get }) => {
    const first = axisOf(get("axis", -1), x.rank);
    const { mean, variance } = tf.moments(x, x.shape.map((_, i) => i).slice(first), true);
    const normal = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, get("epsilon", 1e-5))));
    const scaled = tf.mul(normal, scale!);
    return shift ? tf.add(scaled, shift) : scaled;
  },
  ReduceSum: reduction((tf, x, axes, keep) => tf.sum(x, axes, keep)),
  ReduceMean: reduction((tf, x, axes, keep) => tf.mean(x, axes, keep)),
  ReduceMax: reduction((tf, x, axes, keep) => maximumOver(tf, x, axes, keep)),
  // −max(−x): least elements that are equal share the gradient, too.
  ReduceMin: reduction((tf, x, axes, keep) => tf.neg(maximumOver(tf, tf.neg(x), axes, keep))),
  ReduceLogSumExp: reduction((tf, x, axes, keep) => tf.logSumExp(x, axes, keep)),
  ReduceProd: reduction((tf, x, axes, keep) => productOver(tf, x, axes, keep)),
};

/** Einsum of two operands: axes that both and the result have are batch axes, those that only both have are summed over. */
function einsum(tf: TfCore, equation: string, a: tfc.Tensor, b: tfc.Tensor): tfc.Tensor {
  const [left = "", right = ""] = equation.replaceAll(" ", "").split("->");
  const terms = left.split(",") as [string, string];
  // "..." is replaced by letters of its own, aligned at the last axis.
  const expandEllipsis = (term: string, rank: number) =>
    term.replace("...", () => {
      const count = rank - (term.length - 3);
      return Array.from({ length: count }, (_, i) => String.fromCharCode(0x3b1 + 20 - count + i)).join(""); // prettier-ignore
    });
  const [p, q] = [expandEllipsis(terms[0], a.rank), expandEllipsis(terms[1], b.rank)];
  const ellipsisLetters = [p, q].map((term) =>
    [...term].filter((letter) => letter >= "α").join(""),
  );
  const ellipsis = ellipsisLetters.reduce((x, y) => (x.length > y.length ? x : y));
  const outputTerm = right.replace("...", () => ellipsis);
  const shared = [...p].filter((letter) => q.includes(letter));
  const batch = shared.filter((letter) => outputTerm.includes(letter));
  const summed = shared.filter((letter) => !outputTerm.includes(letter));
  const sumUnshared = (term: string, x: tfc.Tensor) => {
    // Axes that only one operand has, and the result does not, are summed first.
    const axes = [...term].flatMap((letter, i) => !shared.includes(letter) && !outputTerm.includes(letter) ? [i] : []); // prettier-ignore
    return axes.length > 0 ? tf.sum(x, axes) : x;
  };
  const keptLetters = (term: string) => [...term].filter((letter) => shared.includes(letter) || outputTerm.includes(letter)); // prettier-ignore
  const [pk, qk] = [keptLetters(p), keptLetters(q)];
  const unshared = (letters: readonly string[]) =>
    letters.filter((letter) => !shared.includes(letter));
  const [pf, qf] = [unshared(pk), unshared(qk)];
  const transposeTo = (x: tfc.Tensor, letters: readonly string[], to: readonly string[]) => {
    const order = to.map((letter) => letters.indexOf(letter));
    return tf.transpose(x, order);
  };
  const u = transposeTo(sumUnshared(p, a), pk, [...batch, ...pf, ...summed]);
  const v = transposeTo(sumUnshared(q, b), qk, [...batch, ...summed, ...qf]);
  const size = (extents: readonly number[]) => extents.reduce((x, y) => x * y, 1);
  const [n, m, k] = [batch.length, pf.length, summed.length];
  const extents = size(u.shape.slice(0, n));
  const product = tf.matMul(
    tf.reshape(u, [extents, size(u.shape.slice(n, n + m)), size(u.shape.slice(n + m))]),
    tf.reshape(v, [extents, size(v.shape.slice(n, n + k)), size(v.shape.slice(n + k))]),
  );
  const reshaped = tf.reshape(product, [...u.shape.slice(0, n + m), ...v.shape.slice(n + k)]);
  return transposeTo(reshaped, [...batch, ...pf, ...qf], [...outputTerm]);
}
