// What tells how good a model is, sample by sample; the training step takes the mean.
import { CajalError, checkOptions } from "@cajal/core";
import type { Metric, Ops } from "@cajal/runtime";

/**
 * Share of samples that are right, as Keras' "accuracy" means it: by the shapes, one of
 * {@link binaryAccuracy} (one output), {@link categoricalAccuracy} (labels in the output's shape) and
 * {@link sparseCategoricalAccuracy} (class numbers).
 */
export function accuracy(): Metric {
  const [binary, categorical, sparse] = [
    binaryAccuracy(),
    categoricalAccuracy(),
    sparseCategoricalAccuracy(),
  ];
  return {
    name: "accuracy",
    compute(ops, yTrue, yPred) {
      const kind =
        ops.extent(yPred, -1) === 1
          ? binary
          : ops.rank(yTrue) < ops.rank(yPred) || ops.extent(yTrue, -1) === 1
            ? sparse
            : categorical;
      return kind.compute(ops, yTrue, yPred);
    },
  };
}

/** 1 where the largest output is at the label's largest element. `yTrue` one-hot. */
export function categoricalAccuracy(): Metric {
  return {
    name: "categorical_accuracy",
    compute: (ops, yTrue, yPred) =>
      ops.cast(ops.equal(ops.argMax(yTrue), ops.argMax(yPred)), "float32"),
  };
}

/** 1 where the largest output is at the class number `yTrue`. */
export function sparseCategoricalAccuracy(): Metric {
  return {
    name: "sparse_categorical_accuracy",
    compute: (ops, yTrue, yPred) =>
      ops.cast(
        ops.equal(ops.cast(classNumbers(ops, yTrue, yPred), "int32"), ops.argMax(yPred)),
        "float32",
      ),
  };
}

/**
 * Share of a sample's outputs on the right side of the threshold.
 *
 * @param options.threshold default 0.5; 0 where the model gives logits
 */
export function binaryAccuracy(options: { threshold?: number } = {}): Metric {
  checkOptions("binaryAccuracy", options, ["threshold"]);
  const { threshold = 0.5 } = options;
  return {
    name: "binary_accuracy",
    compute(ops, yTrue, yPred) {
      const y = ops.cast(
        ops.rank(yTrue) < ops.rank(yPred) ? ops.expandDims(yTrue) : yTrue,
        "float32",
      );
      const said = ops.cast(ops.greater(yPred, threshold), "float32");
      return ops.reduceMean(ops.cast(ops.equal(said, y), "float32"), { axes: [-1] });
    },
  };
}

/**
 * 1 where fewer than `k` outputs are larger than that of the right class (as TensorFlow's `in_top_k`
 * treats ties). `yTrue` one-hot or class numbers.
 */
export function topKAccuracy(k: number): Metric {
  if (!(Number.isInteger(k) && k > 0))
    throw new CajalError(
      "bad-argument",
      `topKAccuracy: got k ${k}, expected a whole number above 0.`,
      { k },
    );
  return {
    name: `top_${k}_accuracy`,
    compute(ops, yTrue, yPred) {
      const depth = ops.extent(yPred, -1);
      if (depth === undefined)
        throw new CajalError("bad-shape", "topKAccuracy: the number of classes is not known.");
      const sparse = ops.rank(yTrue) < ops.rank(yPred) || ops.extent(yTrue, -1) === 1;
      const right = sparse ? classNumbers(ops, yTrue, yPred) : ops.argMax(yTrue);
      const own = ops.reduceSum(ops.mul(ops.oneHot(right, depth), yPred), {
        axes: [-1],
        keepDims: true,
      });
      const above = ops.reduceSum(ops.cast(ops.greater(yPred, own), "float32"), { axes: [-1] });
      return ops.cast(ops.less(above, k), "float32");
    },
  };
}

/** Class numbers without a last axis of 1. */
const classNumbers = <V>(ops: Ops<V>, yTrue: V, yPred: V) =>
  ops.rank(yTrue) === ops.rank(yPred) ? ops.squeeze(yTrue) : yTrue;
