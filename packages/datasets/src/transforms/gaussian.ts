// The multivariate normal distribution of greatest likelihood: what is usual, and how unusual an example is.
import { CajalError, checkNumber, checkOptions, tensor, type Tensor } from "@cajal/core";
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { matrix } from "./matrix";

export interface GaussianOptions {
  /** Added to the variance of each feature, default 0: keeps the covariance invertible where features are collinear. */
  readonly ridge?: number;
}

/** A fitted distribution. Its tensors are float64. */
export interface Gaussian {
  /** Σ x / n, `[features]`. */
  readonly mean: Tensor<"float64">;
  /** Σ (x − mean)(x − mean)ᵀ / n, over n as likelihood has it, and the ridge: `[features, features]`. */
  readonly covariance: Tensor<"float64">;
  /** ln p(x) = −½ (features · ln 2π + ln det covariance + M²) of each example: `[n, …]` → `[n]`. */
  logDensity(x: Tensor): Tensor<"float64">;
  /** Mahalanobis distance M = √((x − mean)ᵀ covariance⁻¹ (x − mean)), in standard deviations: `[n, …]` → `[n]`. */
  mahalanobis(x: Tensor): Tensor<"float64">;
}

/**
 * Fits a normal distribution by maximum likelihood. The log-likelihood of a data set is the sum of its log densities;
 * as scores of anomaly, distances grow with how unusual an example is.
 *
 * @param x `[n, …]`, at least one example; the axes after the first are flattened to features
 * @throws CajalError `bad-shape`; `bad-argument` for numbers that are not finite, and where the covariance is
 *   singular: fewer examples than features, or features that follow from others
 * @example
 * const usual = gaussian((await iris().take(50).all()).x); // of setosa
 * usual.mahalanobis((await iris().skip(50).all()).x); // versicolor and virginica are far away
 */
export function gaussian(x: Tensor, options: GaussianOptions = {}): Gaussian {
  checkOptions("gaussian", options, ["ridge"]);
  const { ridge = 0 } = options;
  checkNumber("gaussian", "ridge", ridge, { least: 0 });
  const { n, features, rows } = matrix(x, "gaussian");
  if (n < 1 || features < 1)
    throw new CajalError("bad-shape", `gaussian: got x [${x.shape.join(",")}], expected at least one example of at least one feature.`, { shape: x.shape }); // prettier-ignore
  if (!rows.every((row) => row.every(Number.isFinite)))
    throw new CajalError("bad-argument", "gaussian: x has values that are not finite numbers.");

  const mean = Float64Array.from({ length: features }, (_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / n); // prettier-ignore
  const centred = new Matrix(rows.map((row) => row.map((value, j) => value - mean[j]!)));
  const covariance = centred.transpose().mmul(centred).div(n);
  covariance.add(Matrix.eye(features, features).mul(ridge));
  const cholesky = new CholeskyDecomposition(covariance);
  const lower = cholesky.lowerTriangularMatrix;
  // What rounding leaves of a variance that is none.
  const least = 1e-12 * Math.max(...covariance.diagonal());
  if (!cholesky.isPositiveDefinite() || lower.diagonal().some((value) => !(value ** 2 > least)))
    throw new CajalError("bad-argument", `gaussian: the covariance of ${n} examples of ${features} features is singular, so there is no density. Give more examples, fewer features (pca), or a ridge, such as { ridge: 1e-3 }.`, { examples: n, features }); // prettier-ignore
  const logDeterminant = 2 * lower.diagonal().reduce((sum, value) => sum + Math.log(value), 0);

  /** M² of each example: the squared length of z where L z = x − mean. */
  const squares = (x: Tensor, where: string): Float64Array =>
    Float64Array.from(matrix(x, where, features).rows, (row) => {
      const z: number[] = [];
      let sum = 0;
      for (let i = 0; i < features; i++) {
        let rest = row[i]! - mean[i]!;
        for (let j = 0; j < i; j++) rest -= lower.get(i, j) * z[j]!;
        z.push(rest / lower.get(i, i));
        sum += z[i]! ** 2;
      }
      return sum;
    });

  return {
    mean: tensor("float64", [features], mean),
    covariance: tensor("float64", [features, features], covariance.to1DArray()),
    logDensity(x) {
      const constant = features * Math.log(2 * Math.PI) + logDeterminant;
      const values = squares(x, "gaussian logDensity").map((square) => -0.5 * (constant + square));
      return tensor("float64", [values.length], values);
    },
    mahalanobis(x) {
      const values = squares(x, "gaussian mahalanobis").map(Math.sqrt);
      return tensor("float64", [values.length], values);
    },
  };
}
