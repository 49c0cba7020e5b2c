import { CajalError, showShape, type Tensor, tensor } from "@cajal/core";

/**
 * Enlarges images by an integer factor, with bilinear interpolation between pixel centres; border pixels are
 * repeated.
 *
 * @param images numbers `[n, height, width, channels]`
 * @returns float32 `[n, height · factor, width · factor, channels]`
 * @throws CajalError `bad-shape`
 */
export function enlarge(images: Tensor, factor: number): Tensor<"float32"> {
  const [n, height, width, channels] = images.shape;
  if (images.shape.length !== 4)
    throw new CajalError(
      "bad-shape",
      `enlarge: got shape ${showShape(images.shape)}, expected [n, height, width, channels].`,
      { shape: images.shape },
    );
  const large = tensor("float32", [n!, height! * factor, width! * factor, channels!]);
  const rows = neighbours(height!, factor);
  const columns = neighbours(width!, factor);
  let at = 0;
  for (let image = 0; image < n!; image++)
    for (const row of rows)
      for (const column of columns)
        for (let channel = 0; channel < channels!; channel++) {
          const pixel = (y: number, x: number) =>
            Number(images.data[((image * height! + y) * width! + x) * channels! + channel]);
          const above =
            pixel(row.before, column.before) * (1 - column.share) +
            pixel(row.before, column.after) * column.share;
          const below =
            pixel(row.after, column.before) * (1 - column.share) +
            pixel(row.after, column.after) * column.share;
          large.data[at++] = above * (1 - row.share) + below * row.share;
        }
  return large;
}

/** For each new pixel the two old pixels around its centre, and the weight of the second. */
const neighbours = (extent: number, factor: number) =>
  Array.from({ length: extent * factor }, (_, i) => {
    const centre = Math.min(extent - 1, Math.max(0, (i + 0.5) / factor - 0.5));
    const before = Math.floor(centre);
    return { before, after: Math.min(extent - 1, before + 1), share: centre - before };
  });
