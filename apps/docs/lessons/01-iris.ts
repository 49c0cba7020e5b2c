// Lesson 1: four measurements of 150 flowers, seen along their two principal axes.
// #region data
import { at } from "@cajal/core";
import { iris, pca } from "@cajal/datasets";

const species = ["setosa", "versicolor", "virginica"];
const { x, y } = await iris().all(); // x: float32 [150, 4], y: int32 [150]
const flowers = [...y.data].map((label, i) => ({ label, features: [...at(x, i).data] })); // four numbers each
// #endregion data

// #region means
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
export const means = species.map((name, k) => {
  const own = flowers.filter(({ label }) => label === k);
  const [sepalLength, sepalWidth, petalLength, petalWidth] = [0, 1, 2, 3].map((j) =>
    mean(own.map(({ features }) => features[j]!)),
  );
  return { species: name, sepalLength, sepalWidth, petalLength, petalWidth }; // in cm
});
// #endregion means

// #region pca
const { components, explainedVarianceRatio, transform } = pca(x, { components: 4 });
const z = transform(x); // float64 [150, 4]: the same flowers, in coordinates along the axes
export const explained = [...explainedVarianceRatio.data];
// #endregion pca

export const axes = [0, 1].map((k) => [...at(components, k).data]);
export const scatter = species.map((name, k) => ({
  name,
  points: flowers.flatMap(({ label }, i) =>
    label === k ? [[z.data[4 * i]!, z.data[4 * i + 1]!]] : [],
  ),
}));

// #region neighbours
/** Share of flowers whose nearest other flower, by the first `kept` coordinates, is of their species. */
function nearestNeighbour(kept: number): number {
  const apart = (i: number, j: number) =>
    Math.hypot(...[...Array(kept).keys()].map((k) => z.data[4 * i + k]! - z.data[4 * j + k]!));
  const right = flowers.filter(({ label }, i) => {
    let best = -1;
    for (let j = 0; j < flowers.length; j++)
      if (j !== i && (best < 0 || apart(i, j) < apart(i, best))) best = j;
    return flowers[best]!.label === label;
  });
  return right.length / flowers.length;
}

export const accuracy = [1, 2, 3, 4].map(nearestNeighbour);
const upTo = (kept: number) => explained.slice(0, kept).reduce((a, b) => a + b);
export const byAxes = accuracy.map((right, i) => ({
  axes: i + 1,
  "variance in them": upTo(i + 1),
  right,
}));
console.table(byAxes);
// #endregion neighbours

export const claims = {
  "The first axis has more than 92 % of the variance, two have more than 97 %":
    explained[0]! > 0.92 && explained[0]! + explained[1]! > 0.97,
  "Along two axes the nearest flower is of the same species for more than 94 %":
    accuracy[1]! > 0.94,
  "One axis alone does worse than two": accuracy[0]! < accuracy[1]!,
};
