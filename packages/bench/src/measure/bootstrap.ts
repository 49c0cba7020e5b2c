// The confidence interval of the ratio of two runs' times, from their rounds.
import { random } from "@cajal/core";

/**
 * How sure an interval is. One suite compares dozens of times, and a false alarm stops a build: at 95 % one in forty would be
 * called slower by chance.
 */
export const confidence = 0.99;

/**
 * The 99 % interval of how many times slower `after` is than `before`: of the ratio of the geometric means of their
 * rounds, by the bootstrap. Percentile intervals of few rounds are too narrow, so the interval is widened following Hesterberg
 * (2015, doi:10.1080/00031305.2015.1089789, "expanded percentile").
 *
 * @param before milliseconds of each round, at least two; `after` the same
 * @param options.seed of the resampling
 * @returns undefined where a run has fewer than two rounds, or a time of 0
 */
export function ratioInterval(
  before: readonly number[],
  after: readonly number[],
  { seed = 42, resamples = 2000 }: { seed?: number; resamples?: number } = {},
): { ratio: number; low: number; high: number } | undefined {
  const all = [...before, ...after];
  if (Math.min(before.length, after.length) < 2 || !all.every((ms) => ms > 0)) return undefined;
  const [a, b] = [before.map(Math.log), after.map(Math.log)];
  const numbers = random(seed, "bootstrap");
  const resampled = (values: readonly number[]) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[numbers.integer(values.length)]!;
    return sum / values.length;
  };
  const ratios = Array.from({ length: resamples }, () => resampled(b) - resampled(a)).sort((x, y) => x - y); // prettier-ignore
  const centre = mean(b) - mean(a);
  const widening = expansion(Math.min(a.length, b.length));
  const at = (q: number) => centre + widening * (ratios[Math.round(q * (resamples - 1))]! - centre);
  return {
    ratio: Math.exp(centre),
    low: Math.exp(at((1 - confidence) / 2)),
    high: Math.exp(at((1 + confidence) / 2)),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The factor by which a bootstrap interval of `n` values is too narrow: it uses the normal quantile instead of
 * Student's, and divides by n instead of n − 1.
 */
function expansion(n: number): number {
  const student = [63.66, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.25, 3.169];
  const t = student[n - 2] ?? 2.576 + 5.9 / (n - 1);
  return (t / 2.576) * Math.sqrt(n / (n - 1));
}
