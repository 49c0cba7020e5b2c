import { checkInteger, checkOptions, random, tensor } from "@cajal/core";
import { dataset, type Dataset } from "../dataset";

/** Whether a point is inside a shape of this half-width around 0. */
const kinds: readonly (readonly [name: string, inside: (x: number, y: number) => boolean])[] = [
  ["circle", (x, y) => x * x + y * y <= 1],
  ["square", (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.9],
  ["triangle", (x, y) => y <= 0.9 && y >= 2 * Math.abs(x) - 0.9],
];

/**
 * Pictures with circles, squares and triangles in any colour, and for each pixel what it is part of: for networks
 * that segment. Later shapes cover earlier ones.
 *
 * x float32 `[n, size, size, 3]`, 0 … 1; y int32 `[n, size, size]`: 0 background, 1 circle, 2 square, 3 triangle.
 *
 * @param options.n pictures, default 100
 * @param options.size in pixels, default 32
 * @param options.shapes in a picture at most, at least one, default 3
 * @param options.seed default 0; picture i is the same whatever n is
 */
export function shapes(
  options: { n?: number; size?: number; shapes?: number; seed?: number } = {},
): Dataset<"float32", "int32"> {
  checkOptions("shapes", options, ["n", "size", "shapes", "seed"]);
  const { n = 100, size = 32, shapes: most = 3, seed = 0 } = options;
  checkInteger("shapes", "n", n, { least: 1, most: 1e6 });
  checkInteger("shapes", "size", size, { least: 8, most: 2048 });
  checkInteger("shapes", "shapes", most, { least: 1, most: 100 });
  const x = tensor("float32", [n, size, size, 3]);
  const y = tensor("int32", [n, size, size]);
  for (let i = 0; i < n; i++) {
    const numbers = random(seed, "shapes", i);
    const from = i * size * size;
    const colour = () => [numbers.float(), numbers.float(), numbers.float()];
    const paint = (pixel: number, rgb: readonly number[]) => x.data.set(rgb, 3 * pixel);
    const ground = colour();
    for (let p = from; p < from + size * size; p++) paint(p, ground);
    for (let left = 1 + numbers.integer(most); left > 0; left--) {
      const kind = numbers.integer(kinds.length);
      const half = size * (0.12 + 0.15 * numbers.float());
      const [cx, cy] = [0, 0].map(() => half + (size - 2 * half) * numbers.float()) as [number, number]; // prettier-ignore
      const own = colour();
      for (let row = 0; row < size; row++)
        for (let column = 0; column < size; column++)
          if (kinds[kind]![1]((column + 0.5 - cx) / half, (row + 0.5 - cy) / half)) {
            const pixel = from + row * size + column;
            paint(pixel, own);
            y.data[pixel] = kind + 1;
          }
    }
  }
  return dataset({ x, y, classes: ["background", ...kinds.map(([name]) => name)] });
}
