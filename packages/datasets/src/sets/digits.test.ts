import { expect, it } from "vitest";
import reference from "../../fixtures/digits.json" with { type: "json" };
import { digits } from "./digits";

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

it("is scikit-learn's: two sums of each image, and the labels", async () => {
  const { x, y } = await digits().all();
  expect(x.shape).toEqual([1797, 8, 8, 1]);
  expect(x.dtype).toBe("float32");
  const images = Array.from({ length: 1797 }, (_, i) =>
    Array.from(x.data.subarray(i * 64, (i + 1) * 64)),
  );
  expect(images.map(sum)).toEqual(reference.sums);
  expect(images.map((image) => sum(image.map((v, i) => v * (i + 1) ** 2)))).toEqual(
    reference.weighted,
  );
  expect(Math.max(...images.flat())).toBe(16);
  expect(y).toEqual({ dtype: "int32", shape: [1797], data: Int32Array.from(reference.y) });
});

it("draws its first image upright, a nought", async () => {
  const { x } = await digits().take(1).all();
  const ink = Array.from({ length: 8 }, (_, row) =>
    Array.from(x.data.subarray(row * 8, row * 8 + 8), (v) => (v > 7 ? "#" : ".")).join(""),
  );
  expect(ink).toEqual([
    "...##...",
    "..####..",
    "..#..##.",
    "..#..##.",
    "..#..##.",
    "..#..#..",
    "..#.##..",
    "...##...",
  ]);
});
