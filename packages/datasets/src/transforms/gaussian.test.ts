import { readFileSync } from "node:fs";
import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { describeWithShared, shared } from "../../../core/testing/shared";
import { iris } from "../sets/iris";
import { gaussian } from "./gaussian";

interface Case {
  readonly X: readonly (readonly number[])[];
  readonly test: readonly (readonly number[])[];
  readonly mean: readonly number[];
  readonly cov: readonly (readonly number[])[];
  readonly log_likelihood_of_X: number;
  readonly log_p_of_test: readonly number[];
  readonly mahalanobis_of_test: readonly number[];
}

const rows = (values: readonly (readonly number[])[]) =>
  tensor("float64", [values.length, values[0]!.length], values.flat());
const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);

function close(got: Float64Array, expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs(got[i]! - value) / Math.abs(value)).toBeLessThan(1e-9);
}

describeWithShared("as NumPy computes it", "reference/course", () => {
  const file = JSON.parse(readFileSync(shared("reference/course/autoencoder/gaussian.json"), "utf8")); // prettier-ignore

  it("one feature", () => {
    const { D, maximum_likelihood: best, per_point_at_maximum: points } = file.univariate;
    const x = tensor("float64", [D.length, 1], D);
    const { mean, covariance, logDensity } = gaussian(x);
    close(mean.data, [best.m]);
    close(covariance.data, [best.s2]);
    close(logDensity(x).data, points);
    close(Float64Array.of(sum(logDensity(x).data)), [best.log_likelihood]);
  });

  it.each(["multivariate_2d", "multivariate_3d"])("%s", (name) => {
    const { X, test, ...expected }: Case = file[name];
    const { mean, covariance, logDensity, mahalanobis } = gaussian(rows(X));
    close(mean.data, expected.mean);
    close(covariance.data, expected.cov.flat());
    close(Float64Array.of(sum(logDensity(rows(X)).data)), [expected.log_likelihood_of_X]);
    close(logDensity(rows(test)).data, expected.log_p_of_test);
    close(mahalanobis(rows(test)).data, expected.mahalanobis_of_test);
  });
});

it("the mean square of the distances of what it was fitted to is the number of features", async () => {
  const { x } = await iris().all();
  const squares = gaussian(x)
    .mahalanobis(x)
    .data.map((value) => value ** 2);
  expect(sum(squares) / 150).toBeCloseTo(4, 9);
});

it("a sum by hand: the points (±1, 0), (0, ±1) have the covariance ½ I", () => {
  const { logDensity, mahalanobis } = gaussian(rows([[1, 0], [-1, 0], [0, 1], [0, -1]])); // prettier-ignore
  expect(mahalanobis(rows([[3, 4]])).data[0]).toBeCloseTo(5 * Math.SQRT2, 12);
  // ln p(0) = −½ (2 ln 2π + ln ¼) = −ln π
  expect(logDensity(rows([[0, 0]])).data[0]).toBeCloseTo(-Math.log(Math.PI), 12);
});

it("refuses what has no density, and says what helps", () => {
  const line = rows([[1, 2], [2, 4], [3, 6]]); // prettier-ignore
  expect(() => gaussian(line)).toThrow(/singular.*ridge/);
  expect(() => gaussian(rows([[1, 2]]))).toThrow(/singular/);
  expect(gaussian(line, { ridge: 1 }).covariance.data[0]).toBeCloseTo(2 / 3 + 1, 12);
  expect(() => gaussian(rows([[NaN, 1]]))).toThrow(/finite/);
  expect(() => gaussian(line, { ridge: 1 }).mahalanobis(rows([[1, 2, 3]]))).toThrow(
    /expected \[n,2\]/,
  );
});
