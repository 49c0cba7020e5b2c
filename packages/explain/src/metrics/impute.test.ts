import { describe, expect, it } from "vitest";
import { random } from "@cajal/core";
import { imputed } from "./impute";

/** Away from the mean of its neighbours, by the formula: 1/6 at the sides, 1/12 at the corners, over their sum. */
function defect(image: Float32Array, height: number, width: number, y: number, x: number): number {
  let [sum, weights] = [0, 0];
  for (let down = -1; down <= 1; down++)
    for (let right = -1; right <= 1; right++) {
      const [row, column] = [y + down, x + right];
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      if (!inside || (down === 0 && right === 0)) continue;
      const weight = down === 0 || right === 0 ? 1 / 6 : 1 / 12;
      sum += weight * image[row * width + column]!;
      weights += weight;
    }
  return Math.abs(image[y * width + x]! - sum / weights);
}

const numbers = random(1, "impute");
const masks = {
  "scattered pixels": () => numbers.float() < 0.3,
  "one hole": (y: number, x: number, height: number, width: number) =>
    Math.hypot(y - height / 2, x - width / 3) > width / 3,
  "all but a corner": (y: number, x: number) => y === 0 && x === 0,
  "lines of one pixel": (y: number, x: number) => y % 2 === 0 || x % 7 === 0,
};

describe.each(Object.entries(masks))("without %s", (_, mask) => {
  it.each([
    [15, 18],
    [33, 64],
    [1, 9],
    [8, 2],
  ])("%i × %i: a missing pixel is the mean of its neighbours", (height, width) => {
    const image = Float32Array.from({ length: 2 * height * width }, () => numbers.normal());
    const keep = Array.from({ length: height * width }, (_, i) =>
      mask(Math.floor(i / width), i % width, height, width),
    );
    keep[0] = true;
    const result = imputed(image, [height, width], keep);
    for (const channel of [0, 1]) {
      const part = result.subarray(channel * keep.length, (channel + 1) * keep.length);
      keep.forEach((kept, i) => {
        const [y, x] = [Math.floor(i / width), i % width];
        if (kept) expect(part[i]).toBe(image[channel * keep.length + i]);
        else expect(defect(part, height, width, y, x)).toBeLessThan(2e-6);
      });
    }
  });
});

it("without any pixel: zeros", () => {
  expect(imputed(Float32Array.of(1, 2, 3, 4), [2, 2], [0, 0, 0, 0])).toEqual(new Float32Array(4));
});

it("channels are filled in as each is alone, however soon it is solved", () => {
  const [height, width] = [20, 31];
  const area = height * width;
  const keep = Uint8Array.from({ length: area }, () => (numbers.float() < 0.4 ? 1 : 0));
  const channels = [
    Float32Array.from({ length: area }, () => numbers.normal()),
    new Float32Array(area),
    new Float32Array(area).fill(3),
    Float32Array.from({ length: area }, (_, i) => Math.floor(i / width)),
  ];
  const alone = channels.flatMap((channel) => [...imputed(channel, [height, width], keep)]);
  const image = Float32Array.from(channels.flatMap((channel) => [...channel]));
  expect(imputed(image, [height, width], keep)).toEqual(Float32Array.from(alone));
});
