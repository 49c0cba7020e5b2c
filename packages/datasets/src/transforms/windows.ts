import { CajalError, checkInteger, checkOptions, showShape, tensor, type Tensor } from "@cajal/core"; // prettier-ignore
import { checkValues } from "../checkValues";
import { fromSource, type Dataset } from "../dataset";

/**
 * A series cut into windows, each with the value that follows: to learn to predict it.
 *
 * x float32 `[n, length, features]`, y float32 `[n, 1]`, or `[n, features]` where all features of a table are to be
 * predicted: n = values − length − ahead + 1, features 1 for a series of single values; windows are views until a
 * batch is delivered.
 *
 * @param series `[values]`, or a table `[values, features]` with a row for each step; numbers all finite
 * @param options.length of a window, in steps
 * @param options.ahead how many steps after the window the target is, default 1
 * @param options.target the column of a table that is to be predicted, from 0; default all
 * @throws CajalError `bad-shape`, `bad-argument`
 * @example windows(seasonalSeries().values, { length: 24 })
 * @example windows(weather, { length: 72, ahead: 24, target: 1 }) // [hours, 14] → x [n, 72, 14], y [n, 1]
 */
export function windows(
  series: Tensor,
  options: { length: number; ahead?: number; target?: number },
): Dataset<"float32", "float32"> {
  checkOptions("windows", options, ["length", "ahead", "target"]);
  checkValues("windows", "series", series);
  const { length, ahead = 1, target } = options;
  const [steps, features = 1] = series.shape;
  if (steps === undefined || series.shape.length > 2 || features === 0)
    throw new CajalError("bad-shape", `windows: got ${showShape(series.shape)}, expected a series [values] or a table [values, features] of numbers.`, { shape: series.shape }); // prettier-ignore
  checkInteger("windows", "ahead", ahead, { least: 1 });
  checkInteger("windows", "length", length, { least: 1 });
  if (target !== undefined) checkInteger("windows", "target", target, { least: 0, most: features - 1 }); // prettier-ignore
  if (steps < length + ahead)
    throw new CajalError("bad-argument", `windows: got a series of ${steps} values, expected at least ${length + ahead}: a window of ${length} and the value ${ahead} after it.`, { values: steps, length, ahead }); // prettier-ignore
  const values = Float32Array.from(series.data as Float64Array, Number);
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0)
    throw new CajalError("bad-argument", `windows: value ${Math.floor(odd / features)}${features > 1 ? ` of feature ${odd % features}` : ""} is ${values[odd]}, expected finite numbers. Fill what is missing first.`, { index: odd }); // prettier-ignore
  const [first, targets] = target === undefined ? [0, features] : [target, 1];
  return fromSource<"float32", "float32">({
    size: steps - length - ahead + 1,
    read(indices) {
      const x = tensor("float32", [indices.length, length, features]);
      const y = tensor("float32", [indices.length, targets]);
      indices.forEach((from, i) => {
        x.data.set(values.subarray(from * features, (from + length) * features), i * length * features); // prettier-ignore
        const at = (from + length + ahead - 1) * features + first;
        y.data.set(values.subarray(at, at + targets), i * targets);
      });
      return { x, y };
    },
  });
}
