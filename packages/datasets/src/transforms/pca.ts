// Principal component analysis; the decomposition itself is ml-pca's.
import {
  CajalError,
  checkInteger,
  checkOptions,
  showShape,
  tensor,
  type Tensor,
} from "@cajal/core";
import { PCA } from "ml-pca";
import { matrix } from "./matrix";

/** A fitted analysis. Its tensors are float64. */
export interface Pca {
  /** Mean of each feature, `[features]`. */
  readonly mean: Tensor<"float64">;
  /**
   * The principal axes, unit vectors, that of greatest variance first: `[components, features]`. Of
   * the two signs of each, the one that makes its entry of largest magnitude positive.
   */
  readonly components: Tensor<"float64">;
  /** Variance along each axis (over n − 1), `[components]`. */
  readonly explainedVariance: Tensor<"float64">;
  /** The same as a share of the variance along all axes, 0 … 1, `[components]`. */
  readonly explainedVarianceRatio: Tensor<"float64">;
  /** Coordinates along the axes: `[n, …]` of as many features as fitted → `[n, components]`. */
  transform(x: Tensor): Tensor<"float64">;
  /** From coordinates back: `[n, components]` → `[n, features]`. */
  inverseTransform(z: Tensor): Tensor<"float64">;
}

/**
 * Fits a principal component analysis: features are centred, not scaled.
 *
 * @param x `[n, …]`, at least two examples; the axes after the first are flattened to features
 * @param options.components number of axes to keep, default all: min(n, features)
 * @throws CajalError `bad-shape`, `bad-argument`
 * @example
 * const { x } = await iris().all();
 * pca(x, { components: 2 }).explainedVarianceRatio.data; // 0.9246…, 0.0530…
 */
export function pca(x: Tensor, options: { components?: number } = {}): Pca {
  checkOptions("pca", options, ["components"]);
  const { n, features, rows } = matrix(x, "pca");
  const most = Math.min(n, features);
  if (n < 2 || features < 1)
    throw new CajalError(
      "bad-shape",
      `pca: got x ${showShape(x.shape)}, expected at least two examples of at least one feature.`,
      { shape: x.shape },
    );
  const { components: count = most } = options;
  // The lesser of the numbers of examples and features.
  checkInteger("pca", "components", count, { least: 1, most });
  if (!rows.every((row) => row.every(Number.isFinite)))
    throw new CajalError("bad-argument", "pca: x has values that are not finite numbers.");

  const mean = new Float64Array(features);
  for (const row of rows) for (let j = 0; j < features; j++) mean[j]! += row[j]! / n;
  const { variances, axisOf } =
    (features > 4 * n ? byProducts(rows, mean, count) : undefined) ?? byLibrary(rows);
  const total = variances.reduce((a, b) => a + b, 0);
  const axes = new Float64Array(count * features);
  for (let k = 0; k < count; k++) {
    const axis = axisOf(k);
    const largest = axis.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    axes.set(
      axis.map((value) => (largest < 0 ? -value : value)),
      k * features,
    );
  }
  const explained = Float64Array.from(variances.slice(0, count));

  return {
    mean: tensor("float64", [features], mean),
    components: tensor("float64", [count, features], axes),
    explainedVariance: tensor("float64", [count], explained),
    explainedVarianceRatio: tensor(
      "float64",
      [count],
      explained.map((value) => (total > 0 ? value / total : 0)),
    ),
    transform(x) {
      const samples = matrix(x, "pca transform", features);
      const z = new Float64Array(samples.n * count);
      samples.rows.forEach((row, i) => {
        for (let k = 0; k < count; k++) {
          let sum = 0;
          for (let j = 0; j < features; j++) sum += (row[j]! - mean[j]!) * axes[k * features + j]!;
          z[i * count + k] = sum;
        }
      });
      return tensor("float64", [samples.n, count], z);
    },
    inverseTransform(z) {
      const scores = matrix(z, "pca inverseTransform", count);
      const x = new Float64Array(scores.n * features);
      scores.rows.forEach((row, i) => {
        for (let j = 0; j < features; j++) {
          let sum = mean[j]!;
          for (let k = 0; k < count; k++) sum += row[k]! * axes[k * features + j]!;
          x[i * features + j] = sum;
        }
      });
      return tensor("float64", [scores.n, features], x);
    },
  };
}

/** Variances, greatest first, and the unit vector of each. */
interface Axes {
  readonly variances: readonly number[];
  readonly axisOf: (k: number) => readonly number[];
}

function byLibrary(rows: number[][]): Axes {
  // The covariance matrix is much the quicker where examples are many (scikit-learn's rule).
  const method = rows.length >= 10 * rows[0]!.length ? "covarianceMatrix" : "SVD";
  const fitted = new PCA(rows, { method });
  const vectors = fitted.getEigenvectors();
  // Rounding can leave an eigenvalue of 0 slightly negative.
  const variances = fitted.getEigenvalues().map((value) => Math.max(value, 0));
  return { variances, axisOf: (k) => vectors.getColumn(k) };
}

/**
 * Where features are many more than examples, as in pictures: the n × n matrix of the examples' products has the
 * same eigenvalues, and an axis is the examples' sum weighted by its eigenvector (Turk and Pentland 1991). Of axes
 * with next to no variance that sum is rounding alone: then undefined.
 */
function byProducts(
  rows: readonly number[][],
  mean: Float64Array,
  count: number,
): Axes | undefined {
  const [n, features] = [rows.length, mean.length];
  const centred = rows.map((row) => Float64Array.from(row, (value, j) => value - mean[j]!));
  const products = centred.map(() => Array.from({ length: n }, () => 0));
  for (let a = 0; a < n; a++)
    for (let b = 0; b <= a; b++) {
      const [left, right] = [centred[a]!, centred[b]!];
      let sum = 0;
      for (let j = 0; j < features; j++) sum += left[j]! * right[j]!;
      products[a]![b] = products[b]![a] = sum / (n - 1);
    }
  const fitted = new PCA(products, { isCovarianceMatrix: true });
  const variances = fitted.getEigenvalues().map((value) => Math.max(value, 0));
  if (!(variances[count - 1]! > 1e-8 * variances[0]!)) return undefined;
  const vectors = fitted.getEigenvectors();
  const axisOf = (k: number) => {
    const weights = vectors.getColumn(k);
    const axis = Array.from({ length: features }, () => 0);
    centred.forEach((row, i) => {
      for (let j = 0; j < features; j++) axis[j]! += weights[i]! * row[j]!;
    });
    const length = Math.sqrt(axis.reduce((sum, value) => sum + value * value, 0));
    return axis.map((value) => value / length);
  };
  return { variances, axisOf };
}
