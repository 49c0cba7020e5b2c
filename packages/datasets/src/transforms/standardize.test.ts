import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import reference from "../../fixtures/iris_pca.json" with { type: "json" };
import { dataset } from "../dataset";
import { iris } from "../sets/iris";
import { standardize } from "./standardize";

const of = (shape: number[], values: number[]) =>
  dataset({ x: tensor("float32", shape, values), y: tensor("int32", [shape[0]!]) });

it("is scikit-learn's StandardScaler on iris", async () => {
  const standardized = await standardize(iris().batch(7));
  const { x } = await iris().map(standardized).all();
  // float32 results of magnitude below 4
  const tolerance = 1e-6;
  reference.standardized
    .flat()
    .forEach((wanted, i) => expect(Math.abs(Number(x.data[i]) - wanted)).toBeLessThan(tolerance));
  reference.scaler_mean.forEach((wanted, i) =>
    expect(standardized.mean.data[i]).toBeCloseTo(wanted, 6),
  );
  reference.scaler_variance.forEach((wanted, i) =>
    expect(standardized.variance.data[i]).toBeCloseTo(wanted, 6),
  );
});

it("fits on one and applies to another: by hand, mean 2, deviation 1", async () => {
  const standardized = await standardize(of([2, 1], [1, 3]));
  const { x } = await of([3, 1], [2, 5, 0]).map(standardized).all();
  expect(x).toEqual(tensor("float32", [3, 1], [0, 3, -2]));
});

it("is by channel for images", async () => {
  // Channel 0 is 1 and 3, channel 1 is always 5.
  const standardized = await standardize(of([1, 1, 2, 2], [1, 5, 3, 5]));
  expect(standardized.mean.data).toEqual(Float64Array.of(2, 5));
  expect(standardized.variance.data).toEqual(Float64Array.of(1, 0));
  const { x } = await of([1, 1, 2, 2], [1, 5, 3, 6]).map(standardized).all();
  expect(x.data).toEqual(Float32Array.of(-1, 0, 1, 1));
});

it("keeps its digits far from 0", async () => {
  const far = dataset({
    x: tensor("float64", [3, 1], [1e9 + 1, 1e9 + 2, 1e9 + 3]),
    y: tensor("int32", [3]),
  });
  expect((await standardize(far.batch(1))).variance.data[0]).toBeCloseTo(2 / 3, 12);
});

it("refuses what is no dataset", () =>
  expect(
    standardize({ x: tensor("float32", [1]), y: tensor("int32", [1]) } as never),
  ).rejects.toThrow(
    "standardize: got an object with x, y, expected a dataset: await standardize(dataset({ x, y })).",
  ));

it("refuses no examples, NaN, and other features", async () => {
  await expect(standardize(of([0, 2], []))).rejects.toMatchObject({ code: "bad-argument" });
  await expect(standardize(of([2, 1], [1, NaN]))).rejects.toMatchObject({ code: "bad-argument" });
  const standardized = await standardize(iris());
  await expect(of([2, 1], [1, 2]).map(standardized).all()).rejects.toMatchObject({
    code: "bad-shape",
  });
});
