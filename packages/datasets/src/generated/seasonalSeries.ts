// An hourly series with trend, day and week, and anomalies at known places.
import { checkInteger, checkOptions, random, tensor, type Tensor } from "@cajal/core";

export interface SeasonalSeries {
  /** One value an hour, float64 `[hours]`, rounded to 3 decimals. */
  readonly values: Tensor<"float64">;
  /** 1 where a value was changed on purpose, uint8 `[hours]`. */
  readonly anomalous: Tensor<"uint8">;
  readonly anomalies: readonly { readonly kind: string; readonly start: number; readonly length: number }[]; // prettier-ignore
}

type Change = (value: number, clean: number, first: number, mean: number) => number;

const kinds: readonly (readonly [kind: string, length: number, change: Change])[] = [
  ["spike up", 1, (value) => value + 9],
  ["spike down", 1, (value) => value - 8],
  ["level shift", 18, (value) => value + 4.5],
  ["flat line", 20, (_value, _clean, first) => first],
  ["day turned over", 24, (value, _clean, _first, mean) => 2 * mean - value],
];

/**
 * 20 + 3 i / n + 5 sin(2π i / 24) + 1.75 sin(4π i / 24 + 1) − 2.5 on days 6 and 7 of the week + noise of standard
 * deviation 0.6, and in the last two thirds one anomaly of each of five kinds.
 *
 * @param options.hours default 1,680, ten weeks; at least 336
 * @param options.seed default 0
 */
export function seasonalSeries(options: { hours?: number; seed?: number } = {}): SeasonalSeries {
  checkOptions("seasonalSeries", options, ["hours", "seed"]);
  const { hours: n = 1680, seed = 0 } = options;
  checkInteger("seasonalSeries", "hours", n, { least: 336, most: 1e7 });
  const numbers = random(seed, "seasonalSeries");
  const clean = Float64Array.from({ length: n }, (_, i) => {
    const weekend = Math.floor(i / 24) % 7 >= 5 ? 2.5 : 0;
    const day = 5 * Math.sin((2 * Math.PI * i) / 24) + 1.75 * Math.sin((4 * Math.PI * i) / 24 + 1);
    return 20 + (3 * i) / n + day - weekend;
  });
  const values = clean.map((value) => value + 0.6 * numbers.normal());
  const anomalous = new Uint8Array(n);
  const part = Math.floor((n * 2) / 3 / kinds.length);
  const anomalies = kinds.map(([kind, length, change], k) => {
    const start = Math.floor(n / 3) + k * part + numbers.integer(Math.max(1, part - length));
    const first = values[start]!;
    const mean = clean.subarray(start, start + length).reduce((a, b) => a + b, 0) / length;
    for (let i = start; i < start + length; i++) {
      values[i] = change(values[i]!, clean[i]!, first, mean);
      anomalous[i] = 1;
    }
    return { kind, start, length };
  });
  return {
    values: tensor("float64", [n], values.map((value) => Math.round(value * 1000) / 1000)), // prettier-ignore
    anomalous: tensor("uint8", [n], anomalous),
    anomalies,
  };
}
