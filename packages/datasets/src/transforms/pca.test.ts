import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import digitsReference from "../../fixtures/digits.json" with { type: "json" };
import reference from "../../fixtures/iris_pca.json" with { type: "json" };
import { digits } from "../sets/digits";
import { iris } from "../sets/iris";
import { pca } from "./pca";

/** The greatest difference between two lists of numbers of the same length. */
function furthest(got: ArrayLike<number>, wanted: readonly number[]): number {
  expect(got.length).toBe(wanted.length);
  return Math.max(...wanted.map((value, i) => Math.abs(value - got[i]!)));
}

/** Signs of axes are free: reference axes, times the sign that fits ours. */
const signs = (got: ArrayLike<number>, wanted: readonly (readonly number[])[]) =>
  wanted.map((axis, k) =>
    Math.sign(axis.reduce((sum, value, j) => sum + value * got[k * axis.length + j]!, 0)),
  );

// x is float32, the reference's is float64: 1e-6 is what the comparison allows.
const tolerance = 1e-6;

describe("iris, against scikit-learn", async () => {
  const { x } = await iris().all();
  const fitted = pca(x);
  const sign = signs(fitted.components.data, reference.components);

  it("explained variance ratios 0.92461872, 0.05306648", () => {
    const [first, second] = fitted.explainedVarianceRatio.data;
    expect(first).toBeCloseTo(0.92461872, 7);
    expect(second).toBeCloseTo(0.05306648, 7);
    expect(
      furthest(fitted.explainedVarianceRatio.data, reference.explained_variance_ratio),
    ).toBeLessThan(tolerance);
    expect(furthest(fitted.explainedVariance.data, reference.explained_variance)).toBeLessThan(
      tolerance,
    );
  });

  it("mean, axes and projection", () => {
    expect(furthest(fitted.mean.data, reference.mean)).toBeLessThan(tolerance);
    expect(
      furthest(
        fitted.components.data,
        reference.components.flatMap((axis, k) => axis.map((value) => value * sign[k]!)),
      ),
    ).toBeLessThan(tolerance);
    const projected = fitted.transform(x);
    expect(projected.shape).toEqual([150, 4]);
    expect(
      furthest(
        projected.data,
        reference.projection.flatMap((row) => row.map((value, k) => value * sign[k]!)),
      ),
    ).toBeLessThan(tolerance);
  });

  it("two components: the same axes, and what they lose on the way back", () => {
    const two = pca(x, { components: 2 });
    expect(two.components.data).toEqual(fitted.components.data.slice(0, 8));
    expect(two.explainedVarianceRatio.data).toEqual(fitted.explainedVarianceRatio.data.slice(0, 2));
    const back = two.inverseTransform(two.transform(x));
    expect(back.shape).toEqual([150, 4]);
    expect(furthest(back.data, reference.inverse_of_first_two.flat())).toBeLessThan(tolerance);
  });

  it("all components: there and back again", () => {
    const back = fitted.inverseTransform(fitted.transform(x));
    expect(furthest(back.data, Array.from(x.data, Number))).toBeLessThan(1e-12);
  });
});

it("digits: images are flattened; axes that never vary do no harm", async () => {
  const { x } = await digits().all();
  const fitted = pca(x, { components: 10 });
  // Pixels are whole numbers, so both sides computed from the same float64 values.
  expect(furthest(fitted.explainedVariance.data, digitsReference.explained_variance)).toBeLessThan(
    1e-9,
  );
  expect(
    furthest(fitted.explainedVarianceRatio.data, digitsReference.explained_variance_ratio),
  ).toBeLessThan(1e-12);
  const projected = fitted.transform(x).data.slice(0, 100);
  expect(
    furthest(projected.map(Math.abs), digitsReference.projection_of_first_10.flat().map(Math.abs)),
  ).toBeLessThan(1e-9);
});

it("fewer examples than features", () => {
  // By hand: two points, one axis along their difference (3,4,0), of length 5 and variance 25/2.
  const fitted = pca(tensor("float32", [2, 3], [0, 0, 7, 3, 4, 7]));
  expect(fitted.components.shape).toEqual([2, 3]);
  expect(furthest(fitted.components.data.slice(0, 3), [0.6, 0.8, 0])).toBeLessThan(1e-12);
  expect(furthest(fitted.explainedVariance.data, [12.5, 0])).toBeLessThan(1e-12);
  expect(furthest(fitted.explainedVarianceRatio.data, [1, 0])).toBeLessThan(1e-12);
});

it("does not change what it is given", async () => {
  const { x } = await iris().all();
  const before = x.data.slice();
  pca(x).transform(x);
  expect(x.data).toEqual(before);
});

it.each([
  ["one example", tensor("float32", [1, 3]), {}, "bad-shape"],
  ["one axis", tensor("float32", [3]), {}, "bad-shape"],
  ["too many components", tensor("float32", [3, 2]), { components: 3 }, "bad-argument"],
  ["no components", tensor("float32", [3, 2]), { components: 0 }, "bad-argument"],
  ["NaN", tensor("float32", [2, 1], [1, NaN]), {}, "bad-argument"],
  ["an unknown option", tensor("float32", [3, 2]), { component: 1 } as object, "unknown-option"],
])("refuses %s", (_, x, options, code) =>
  expect(() => pca(x, options)).toThrow(expect.objectContaining({ code })),
);

it("refuses other features than fitted", () =>
  expect(() =>
    pca(tensor("float32", [3, 2], [1, 2, 3, 4, 5, 7])).transform(tensor("float32", [3, 3])),
  ).toThrow(expect.objectContaining({ code: "bad-shape" })));
