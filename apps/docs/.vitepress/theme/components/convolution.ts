// The arithmetic of the convolution explorer, and each number's sum in words.
export type Grid = readonly (readonly number[])[];

export interface Cell {
  readonly row: number;
  readonly column: number;
}

export interface Term {
  /** Where in the grid before. */
  readonly at: Cell;
  readonly pixel: number;
  /** What it is multiplied by; absent where the largest is taken. */
  readonly kernel?: number;
}

const grid = (rows: number, columns: number, value: (row: number, column: number) => number): Grid =>
  Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => value(row, column)),
  ); // prettier-ignore

/** What a number of the convolution is a sum of. */
export const termsOfConvolution = (image: Grid, kernel: Grid, { row, column }: Cell): Term[] =>
  kernel.flatMap((weights, a) =>
    weights.map((weight, b) => ({
      at: { row: row + a, column: column + b },
      pixel: image[row + a]![column + b]!,
      kernel: weight,
    })),
  );

export const convolve = (image: Grid, kernel: Grid): Grid =>
  grid(image.length - kernel.length + 1, image[0]!.length - kernel[0]!.length + 1, (row, column) =>
    termsOfConvolution(image, kernel, { row, column }).reduce(
      (sum, { pixel, kernel }) => sum + pixel * kernel!,
      0,
    ),
  );

export const relu = (of: Grid): Grid => of.map((row) => row.map((value) => Math.max(0, value)));

/** The four of which a number of the pooling is the largest. */
export const termsOfPooling = (of: Grid, { row, column }: Cell): Term[] =>
  [0, 1].flatMap((a) =>
    [0, 1].map((b) => {
      const at = { row: 2 * row + a, column: 2 * column + b };
      return { at, pixel: of[at.row]![at.column]! };
    }),
  );

export const maxPool = (of: Grid): Grid =>
  grid(Math.floor(of.length / 2), Math.floor(of[0]!.length / 2), (row, column) =>
    Math.max(...termsOfPooling(of, { row, column }).map(({ pixel }) => pixel)),
  );

/** With a true minus, and two digits at most. */
export const written = (value: number): string =>
  String(Math.round(100 * value) / 100).replace("-", "−");

const factor = (value: number) => (value < 0 ? `(${written(value)})` : written(value));

/** "1 · 3 + (−2) · 5 = −7": terms whose factor is 0 are left out. */
export function sumInWords(terms: readonly Term[]): string {
  const total = terms.reduce((sum, { pixel, kernel = 1 }) => sum + pixel * kernel, 0);
  const parts = terms.filter(({ kernel }) => kernel !== 0).map(({ pixel, kernel }) => `${factor(kernel!)} · ${factor(pixel)}`); // prettier-ignore
  return `${parts.join(" + ")} = ${written(total)}`;
}

export function largestInWords(terms: readonly Term[]): string {
  const values = terms.map(({ pixel }) => pixel);
  return `max(${values.map(written).join(", ")}) = ${written(Math.max(...values))}`;
}
