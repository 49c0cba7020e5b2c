import { checkInteger, checkNumber, checkOptions, random, tensor } from "@cajal/core";
import { dataset, type Dataset } from "../dataset";

/**
 * Two half circles that reach into each other: the example of classes that no line parts. Without noise the points
 * are those of scikit-learn's `make_moons(shuffle=False)`.
 *
 * x float32 `[n, 2]`, −1 … 2 and −0.5 … 1; y int32 `[n]`: 0 the upper moon, 1 the lower.
 *
 * @param options.n number of points, default 200
 * @param options.noise standard deviation of what is added, default 0.1
 * @param options.seed default 0
 */
export function twoMoons(
  options: { n?: number; noise?: number; seed?: number } = {},
): Dataset<"float32", "int32"> {
  checkOptions("twoMoons", options, ["n", "noise", "seed"]);
  const { n = 200, noise = 0.1, seed = 0 } = options;
  checkInteger("twoMoons", "n", n, { least: 2, most: 1e7 });
  checkNumber("twoMoons", "noise", noise, { least: 0 });
  const numbers = random(seed, "twoMoons");
  const upper = Math.floor(n / 2);
  const x = new Float32Array(2 * n);
  const y = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const lower = i >= upper;
    const [k, count] = lower ? [i - upper, n - upper] : [i, upper];
    const angle = (Math.PI * k) / Math.max(count - 1, 1);
    const [a, b] = [Math.cos(angle), Math.sin(angle)];
    x[2 * i] = (lower ? 1 - a : a) + noise * numbers.normal();
    x[2 * i + 1] = (lower ? 0.5 - b : b) + noise * numbers.normal();
    y[i] = Number(lower);
  }
  const classes = ["upper", "lower"];
  return dataset({ x: tensor("float32", [n, 2], x), y: tensor("int32", [n], y), classes });
}
