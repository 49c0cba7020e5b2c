import { CajalError, checkInteger, checkOptions, tensor, type Tensor } from "@cajal/core";
import { checkValues } from "../checkValues";
import { fromSource, type Dataset } from "../dataset";

/**
 * A series cut into windows, each with the value that follows: to learn to predict it.
 *
 * x float32 `[n, length, 1]`, y float32 `[n, 1]`: n = values − length − ahead + 1; windows are views until a batch
 * is delivered.
 *
 * @param series `[values]`, numbers all finite
 * @param options.length of a window
 * @param options.ahead how many steps after the window the target is, default 1
 * @throws CajalError `bad-shape`, `bad-argument`
 * @example windows(seasonalSeries().values, { length: 24 })
 */
export function windows(
  series: Tensor,
  options: { length: number; ahead?: number },
): Dataset<"float32", "float32"> {
  checkOptions("windows", options, ["length", "ahead"]);
  checkValues("windows", "series", series);
  const { length, ahead = 1 } = options;
  const size = series.data.length;
  if (series.shape.length !== 1)
    throw new CajalError("bad-shape", `windows: got ${series.dtype} [${series.shape.join(",")}], expected a series [values] of numbers.`, { shape: series.shape }); // prettier-ignore
  checkInteger("windows", "ahead", ahead, { least: 1, most: size - 1 });
  checkInteger("windows", "length", length, { least: 1, most: size - ahead });
  const values = Float32Array.from(series.data as Float64Array, Number);
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0)
    throw new CajalError("bad-argument", `windows: value ${odd} is ${values[odd]}, expected finite numbers. Fill what is missing first.`, { index: odd }); // prettier-ignore
  return fromSource<"float32", "float32">({
    size: size - length - ahead + 1,
    read(indices) {
      const x = tensor("float32", [indices.length, length, 1]);
      const y = tensor("float32", [indices.length, 1]);
      indices.forEach((from, i) => {
        x.data.set(values.subarray(from, from + length), i * length);
        y.data[i] = values[from + length + ahead - 1]!;
      });
      return { x, y };
    },
  });
}
