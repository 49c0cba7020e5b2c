// The losses of Keras, number for number (keras.losses of Keras 3): value per sample, of which the
// training step takes the mean.
import { CajalError, checkOptions, showShape, sizeOf, type Shape, type Tensor } from "@cajal/core";
import type { Loss, Ops } from "@cajal/runtime";

/** Keras' `backend.epsilon()`: probabilities are kept this far from 0 and 1. */
const epsilon = 1e-7;

/** The largest float32. */
const largest = 3.4028234663852886e38;

export interface CrossentropyOptions {
  /** Whether the model gives logits, without a softmax (or sigmoid) at its end. Default false. */
  fromLogits?: boolean;
  /** Share in [0, 1] of each label that is spread over all classes. Default 0. */
  labelSmoothing?: number;
  /** Factor of the loss of each class, by its number. The mean still divides by the number of samples. */
  classWeights?: readonly number[];
}

/**
 * −Σ y log p. `yTrue` one-hot or soft labels `[batch, …, classes]`.
 *
 * Probabilities are divided by their sum and clipped to [1e-7, 1 − 1e-7]. A model that ends with
 * softmax is trained on its logits, which needs neither.
 */
export function categoricalCrossentropy(options: CrossentropyOptions = {}): Loss {
  const where = "categoricalCrossentropy";
  checkOptions(where, options, ["fromLogits", "labelSmoothing", "classWeights"]);
  const { fromLogits = false, labelSmoothing = 0, classWeights } = options;
  checkShare(where, "labelSmoothing", labelSmoothing);
  const loss = (logProbabilities: <V>(ops: Ops<V>, yPred: V) => V): Loss => ({
    name: "categorical_crossentropy",
    checkLabels: (yTrue, output) => checkSameShape(where, yTrue, output),
    compute(ops, yTrue, yPred) {
      const y = ops.cast(yTrue, "float32");
      const smooth = labelSmoothing
        ? ops.add(ops.mul(y, 1 - labelSmoothing), labelSmoothing / classesOf(ops, yPred))
        : y;
      const losses = ops.neg(
        ops.reduceSum(ops.mul(smooth, logProbabilities(ops, yPred)), { axes: [-1] }),
      );
      // The class of a soft label is its largest, as Keras takes it.
      return classWeights ? weighted(ops, losses, ops.argMax(y), classWeights) : losses;
    },
  });
  const ofLogits = loss((ops, logits) => ops.logSoftmax(logits));
  if (fromLogits) return { ...ofLogits, logitsOf: "softmax" };
  const ofProbabilities = loss((ops, p) =>
    ops.log(clipped(ops, ops.div(p, ops.reduceSum(p, { axes: [-1], keepDims: true })))),
  );
  return { ...ofProbabilities, fromLogits: { activation: "softmax", loss: ofLogits } };
}

/**
 * −log p of the right class. `yTrue` class numbers `[batch, …]`, of any integer type.
 *
 * Without label smoothing it equals {@link categoricalCrossentropy} of the one-hot labels.
 */
export function sparseCategoricalCrossentropy(options: CrossentropyOptions = {}): Loss {
  const where = "sparseCategoricalCrossentropy";
  checkOptions(where, options, ["fromLogits", "labelSmoothing", "classWeights"]);
  const { fromLogits = false, labelSmoothing = 0, classWeights } = options;
  checkShare(where, "labelSmoothing", labelSmoothing);
  const loss = (logitsOf: <V>(ops: Ops<V>, yPred: V) => V): Loss => ({
    name: "sparse_categorical_crossentropy",
    checkLabels: (yTrue, output) => checkClassNumbers(where, yTrue, output),
    compute(ops, yTrue, yPred) {
      const labels = ops.rank(yTrue) === ops.rank(yPred) ? ops.squeeze(yTrue) : yTrue;
      const classes = classesOf(ops, yPred);
      const y = ops.oneHot(labels, classes);
      const smooth = labelSmoothing
        ? ops.add(ops.mul(y, 1 - labelSmoothing), labelSmoothing / classes)
        : y;
      const losses = ops.neg(
        ops.reduceSum(ops.mul(smooth, ops.logSoftmax(logitsOf(ops, yPred))), { axes: [-1] }),
      );
      return classWeights ? weighted(ops, losses, labels, classWeights) : losses;
    },
  });
  const ofLogits = loss((_, logits) => logits);
  if (fromLogits) return { ...ofLogits, logitsOf: "softmax" };
  // Keras clips here and then takes the logarithms as logits: they are normalized after the clip.
  const ofProbabilities = loss((ops, p) => ops.log(clipped(ops, p)));
  return { ...ofProbabilities, fromLogits: { activation: "softmax", loss: ofLogits } };
}

/**
 * Mean over the last axis of −y log p − (1 − y) log(1 − p). `yTrue` 0 … 1 in the shape of the output,
 * or without its last axis where that is 1.
 */
export function binaryCrossentropy(
  options: Pick<CrossentropyOptions, "fromLogits" | "labelSmoothing"> = {},
): Loss {
  const where = "binaryCrossentropy";
  checkOptions(where, options, ["fromLogits", "labelSmoothing"]);
  const { fromLogits = false, labelSmoothing = 0 } = options;
  checkShare(where, "labelSmoothing", labelSmoothing);
  const loss = (elements: <V>(ops: Ops<V>, y: V, yPred: V) => V) =>
    elementwise("binary_crossentropy", where, (ops, y, yPred) =>
      elements(
        ops,
        labelSmoothing ? ops.add(ops.mul(y, 1 - labelSmoothing), labelSmoothing / 2) : y,
        yPred,
      ),
    );
  // log(1 + eˣ) − x y
  const ofLogits = loss((ops, y, x) => ops.sub(ops.softplus(x), ops.mul(x, y)));
  if (fromLogits) return { ...ofLogits, logitsOf: "sigmoid" };
  const ofProbabilities = loss((ops, y, yPred) => {
    const p = clipped(ops, yPred);
    const ones = ops.mul(y, ops.log(p));
    const zeros = ops.mul(ops.sub(1, y), ops.log(ops.sub(1, p)));
    return ops.neg(ops.add(ones, zeros));
  });
  return { ...ofProbabilities, fromLogits: { activation: "sigmoid", loss: ofLogits } };
}

/** Mean over the last axis of (y − p)². */
export function meanSquaredError(): Loss {
  return elementwise("mean_squared_error", "meanSquaredError", (ops, y, p) => {
    const e = ops.sub(p, y);
    return ops.mul(e, e);
  });
}

/** Mean over the last axis of |y − p|. */
export function meanAbsoluteError(): Loss {
  return elementwise("mean_absolute_error", "meanAbsoluteError", (ops, y, p) =>
    ops.abs(ops.sub(p, y)),
  );
}

/**
 * Mean over the last axis of e²/2 where |e| ≤ delta, and delta·|e| − delta²/2 beyond (Huber 1964).
 *
 * @param options.delta where the parabola ends; default 1
 */
export function huber(options: { delta?: number } = {}): Loss {
  checkOptions("huber", options, ["delta"]);
  const { delta = 1 } = options;
  if (!(delta > 0))
    throw new CajalError("bad-argument", `huber: got delta ${delta}, expected a number above 0.`, {
      delta,
    });
  return elementwise("huber", "huber", (ops, y, p) => {
    const e = ops.abs(ops.sub(p, y));
    // Both branches at once: with q = min(|e|, delta), q²/2 + delta (|e| − q).
    const q = ops.clip(e, 0, delta);
    return ops.add(ops.mul(ops.mul(q, q), 0.5), ops.mul(ops.sub(e, q), delta));
  });
}

/** Mean over the last axis of log(cosh(p − y)). */
export function logCosh(): Loss {
  // log cosh e = e + log(1 + e^(−2e)) − log 2, which does not overflow.
  return elementwise("log_cosh", "logCosh", (ops, y, p) => {
    const e = ops.sub(p, y);
    return ops.sub(ops.add(e, ops.softplus(ops.mul(e, -2))), Math.LN2);
  });
}

/** Σ y log(y / p) over the last axis, both clipped to [1e-7, 1]. */
export function klDivergence(): Loss {
  return {
    name: "kl_divergence",
    checkLabels: (yTrue, output) => checkSameShape("klDivergence", yTrue, output),
    compute(ops, yTrue, yPred) {
      const y = ops.clip(ops.cast(yTrue, "float32"), epsilon, 1);
      const p = ops.clip(yPred, epsilon, 1);
      return ops.reduceSum(ops.mul(y, ops.log(ops.div(y, p))), { axes: [-1] });
    },
  };
}

/** Mean over the last axis of max(1 − y p, 0). `yTrue` −1 and 1. */
export function hinge(): Loss {
  return elementwise("hinge", "hinge", (ops, y, p) => {
    const margin = ops.sub(1, ops.mul(y, p));
    return ops.clip(margin, 0, largest);
  });
}

/** −Σ ŷ p̂ over the last axis, both divided by their L2 norm: −1 where they point alike. */
export function cosineSimilarity(): Loss {
  return {
    name: "cosine_similarity",
    checkLabels: (yTrue, output) => checkSameShape("cosineSimilarity", yTrue, output),
    compute(ops, yTrue, yPred) {
      const unit = (x: typeof yTrue) => {
        const squares = ops.reduceSum(ops.mul(x, x), { axes: [-1], keepDims: true });
        // A vector of zeros stays one.
        return ops.div(x, ops.sqrt(ops.clip(squares, 1e-12, largest)));
      };
      const products = ops.mul(unit(ops.cast(yTrue, "float32")), unit(yPred));
      return ops.neg(ops.reduceSum(products, { axes: [-1] }));
    },
  };
}

/** A loss that is the mean over the last axis of what is computed for every element. */
function elementwise(
  name: string,
  where: string,
  elements: <V>(ops: Ops<V>, y: V, yPred: V) => V,
): Loss {
  return {
    name,
    checkLabels: (yTrue, output) => checkSameShape(where, yTrue, output),
    compute(ops, yTrue, yPred) {
      const y = ops.cast(
        ops.rank(yTrue) < ops.rank(yPred) ? ops.expandDims(yTrue) : yTrue,
        "float32",
      );
      return ops.reduceMean(elements(ops, y, yPred), { axes: [-1] });
    },
  };
}

const clipped = <V>(ops: Ops<V>, p: V) => ops.clip(p, epsilon, 1 - epsilon);

const weighted = <V>(ops: Ops<V>, losses: V, classes: V, weights: readonly number[]) =>
  ops.mul(losses, ops.gather(ops.constant(weights), classes));

function classesOf<V>(ops: Ops<V>, yPred: V): number {
  const classes = ops.extent(yPred, -1);
  if (classes === undefined)
    throw new CajalError("bad-shape", "crossentropy: the model's number of classes is not known.");
  return classes;
}

function checkShare(where: string, name: string, value: number): void {
  if (!(value >= 0 && value <= 1))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${name} ${value}, expected a number in 0 … 1.`,
      { where, name, value },
    );
}

/** Labels in the shape of the output, or without a last axis of 1. */
function checkSameShape(where: string, { shape }: Tensor, output: Shape): void {
  const full = shape.length + 1 === output.length && output.at(-1) === 1 ? [...shape, 1] : shape;
  if (full.length !== output.length || full.some((extent, i) => extent !== output[i]))
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

function checkClassNumbers(where: string, { shape, dtype, data }: Tensor, output: Shape): void {
  const expected = output.slice(0, -1);
  const given = shape.length === output.length && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
  if (given.length !== expected.length || sizeOf(given) !== sizeOf(expected))
    throw new CajalError(
      "bad-shape",
      `${where}: got labels ${showShape(shape)}, expected class numbers ${showShape(expected)} for an output of ${showShape(output)}.${
        shape.length === output.length ? " One-hot labels go with categoricalCrossentropy." : ""
      }`,
      { labels: shape, output },
    );
  const classes = output.at(-1)!;
  for (let i = 0; i < data.length; i++) {
    const label = Number(data[i]);
    // A number outside would be a sample without any class: a loss of 0, and no error from an engine.
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw new CajalError(
        "bad-argument",
        `${where}: label ${i} of the batch is ${label} (${dtype}), expected a class number in 0 … ${classes - 1}.`,
        { index: i, label, classes },
      );
  }
}
