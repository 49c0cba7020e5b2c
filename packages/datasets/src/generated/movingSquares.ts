import { checkInteger, checkOptions, random, tensor } from "@cajal/core";
import { dataset, type Dataset } from "../dataset";

const directions = [
  ["left", -1, 0],
  ["right", 1, 0],
  ["up", 0, -1],
  ["down", 0, 1],
] as const;

/**
 * Films of a square that moves by a pixel a frame, around the edges: no single frame tells where to.
 *
 * x float32 `[n, frames, size, size, 1]`, 0 or 1; y int32 `[n]`: left, right, up or down.
 *
 * @param options.n films, default 100
 * @param options.frames default 8
 * @param options.size of a frame in pixels, default 16
 * @param options.seed default 0; film i is the same whatever n is
 */
export function movingSquares(
  options: { n?: number; frames?: number; size?: number; seed?: number } = {},
): Dataset<"float32", "int32"> {
  checkOptions("movingSquares", options, ["n", "frames", "size", "seed"]);
  const { n = 100, frames = 8, size = 16, seed = 0 } = options;
  checkInteger("movingSquares", "n", n, { least: 1, most: 1e6 });
  checkInteger("movingSquares", "frames", frames, { least: 2, most: 1000 });
  checkInteger("movingSquares", "size", size, { least: 4, most: 512 });
  const x = tensor("float32", [n, frames, size, size, 1]);
  const y = tensor("int32", [n]);
  const side = Math.max(2, Math.floor(size / 4));
  for (let i = 0; i < n; i++) {
    const numbers = random(seed, "movingSquares", i);
    const direction = numbers.integer(directions.length);
    const [, dx, dy] = directions[direction]!;
    const [left, top] = [numbers.integer(size), numbers.integer(size)];
    y.data[i] = direction;
    for (let frame = 0; frame < frames; frame++)
      for (let row = 0; row < side; row++)
        for (let column = 0; column < side; column++) {
          const at = (place: number, move: number) => (((place + move * frame) % size) + size) % size; // prettier-ignore
          const [h, w] = [at(top + row, dy), at(left + column, dx)];
          x.data[((i * frames + frame) * size + h) * size + w] = 1;
        }
  }
  return dataset({ x, y, classes: directions.map(([name]) => name) });
}
