// Pictures in memory.
import { CajalError, checkInteger } from "@cajal/core";

/** RGBA, 8 bits, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** @throws CajalError `bad-argument` for what is no picture */
export function checkPicture(where: string, picture: Picture): void {
  const { width, height, data } = typeof picture === "object" && picture !== null ? picture : ({} as Picture); // prettier-ignore
  const whole = [width, height].every((extent) => Number.isSafeInteger(extent) && extent > 0);
  if (!whole || !ArrayBuffer.isView(data) || data.length !== 4 * width * height)
    throw new CajalError(
      "bad-argument",
      `${where}: expected a picture { width, height, data }, four bytes for each pixel.`,
    );
}

export const emptyPicture = (width: number, height: number): Picture => ({
  width,
  height,
  data: new Uint8ClampedArray(4 * width * height),
});

/** Enlarged by whole numbers, its pixels as squares. */
export function enlarged({ width, height, data }: Picture, by: number): Picture {
  const result = emptyPicture(width * by, height * by);
  for (let y = 0; y < result.height; y++)
    for (let x = 0; x < result.width; x++) {
      const from = 4 * (Math.floor(y / by) * width + Math.floor(x / by));
      result.data.set(data.subarray(from, from + 4), 4 * (y * result.width + x));
    }
  return result;
}

/** Pictures side by side, row by row, `gap` pixels of nothing between them. */
export function gridOf(pictures: readonly Picture[], columns: number, gap = 4): Picture {
  if (!Array.isArray(pictures) || pictures.length === 0)
    throw new CajalError("bad-argument", "gridOf: expected a list of pictures.");
  pictures.forEach((each) => checkPicture("gridOf", each));
  checkInteger("gridOf", "columns", columns, { least: 1 });
  checkInteger("gridOf", "gap", gap, { least: 0, most: 10_000 });
  const width = Math.max(...pictures.map((each) => each.width));
  const height = Math.max(...pictures.map((each) => each.height));
  const rows = Math.ceil(pictures.length / columns);
  const across = Math.min(columns, pictures.length);
  const result = emptyPicture(across * (width + gap) - gap, rows * (height + gap) - gap);
  pictures.forEach((picture, i) => {
    const [left, top] = [(i % columns) * (width + gap), Math.floor(i / columns) * (height + gap)];
    for (let y = 0; y < picture.height; y++) {
      const row = picture.data.subarray(4 * y * picture.width, 4 * (y + 1) * picture.width);
      result.data.set(row, 4 * ((top + y) * result.width + left));
    }
  });
  return result;
}
