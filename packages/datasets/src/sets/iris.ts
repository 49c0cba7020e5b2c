// Iris: R. A. Fisher, "The use of multiple measurements in taxonomic problems", 1936; the first
// example of every course. The numbers are those that scikit-learn ships (BSD-3-Clause).
import { tensor } from "@cajal/core";
import { type Dataset, dataset } from "../dataset";
import { defineSet } from "./shared/defineSet";
import { classes, millimetres } from "./iris.data";

/**
 * 150 flowers of three species, in the order of the source: 50 of each.
 *
 * x float32 `[n, 4]`: sepal length, sepal width, petal length, petal width, in cm (0.1 … 7.9);
 * y int32 `[n]`: 0 setosa, 1 versicolor, 2 virginica.
 */
export function iris(): Dataset<"float32", "int32"> {
  const x = Float32Array.from(millimetres, (value) => value / 10);
  const y = Int32Array.from({ length: 150 }, (_, i) => Math.floor(i / 50));
  return dataset({ x: tensor("float32", [150, 4], x), y: tensor("int32", [150], y), classes });
}

export const irisFacts = defineSet({
  name: "iris",
  title: "Iris",
  about: "Sepals and petals of 150 flowers of three species, in cm.",
  splits: { all: 150 },
  shape: [4],
  classes,
  files: [],
  mirrors: [],
  licence: "public domain; as shipped with scikit-learn (BSD-3-Clause)",
  citation: "R. A. Fisher, The use of multiple measurements in taxonomic problems, 1936",
  homepage: "https://archive.ics.uci.edu/dataset/53/iris",
  load: async () => iris(),
});
