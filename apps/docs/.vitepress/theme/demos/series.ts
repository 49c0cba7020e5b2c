// The series of the forecast demo: its length, what it begins with, and how an address has it.

/** How many values there are, and how many are forecast. */
export const [known, ahead] = [36, 12];

/** A wave of twelve steps with a trend, as whole numbers 0 … 100. */
export const begin: readonly number[] = Array.from({ length: known }, (_, i) => Math.round(45 + 25 * Math.sin((2 * Math.PI * i) / 12) + 0.4 * i)); // prettier-ignore

export const written = (series: readonly number[]): string => series.join(".");

/** What {@link written} gave; undefined for anything else. */
export function readSeries(text: string): number[] | undefined {
  const series = text.split(".").map((value) => (/^\d{1,3}$/.test(value) ? Number(value) : NaN));
  return series.length === known && series.every((v) => v >= 0 && v <= 100) ? series : undefined;
}
