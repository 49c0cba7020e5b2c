import { checkInteger, checkNumber, checkOptions, random, tensor } from "@cajal/core";
import { dataset, type Dataset } from "../dataset";

/**
 * Arms that wind around each other, a class each: what a network of one layer cannot part.
 *
 * x float32 `[n, 2]` within the unit circle, noise aside; y int32 `[n]`.
 *
 * @param options.n points of all arms, default 300
 * @param options.classes number of arms, default 3
 * @param options.turns of each arm, default 0.75
 * @param options.noise standard deviation of the angle in radians, default 0.2
 * @param options.seed default 0
 */
export function spirals(
  options: { n?: number; classes?: number; turns?: number; noise?: number; seed?: number } = {},
): Dataset<"float32", "int32"> {
  checkOptions("spirals", options, ["n", "classes", "turns", "noise", "seed"]);
  const { n = 300, classes = 3, turns = 0.75, noise = 0.2, seed = 0 } = options;
  checkInteger("spirals", "classes", classes, { least: 2, most: 100 });
  checkInteger("spirals", "n", n, { least: classes, most: 1e7 });
  checkNumber("spirals", "turns", turns, { least: 0 });
  checkNumber("spirals", "noise", noise, { least: 0 });
  const numbers = random(seed, "spirals");
  const x = new Float32Array(2 * n);
  const y = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const arm = i % classes;
    const radius = Math.floor(i / classes + 1) / Math.ceil(n / classes);
    const angle = 2 * Math.PI * (arm / classes + turns * radius) + noise * numbers.normal();
    x[2 * i] = radius * Math.cos(angle);
    x[2 * i + 1] = radius * Math.sin(angle);
    y[i] = arm;
  }
  return dataset({
    x: tensor("float32", [n, 2], x),
    y: tensor("int32", [n], y),
    classes: Array.from({ length: classes }, (_, arm) => `arm ${arm}`),
  });
}
