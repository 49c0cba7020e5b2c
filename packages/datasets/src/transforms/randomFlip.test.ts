import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { dataset } from "../dataset";
import { randomFlip } from "./randomFlip";

// Two rows of three pixels with two channels, and the same in a mirror.
const image = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const mirrored = [5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8];
const images = (n: number) =>
  dataset({
    x: tensor("float32", [n, 2, 3, 2], Array.from({ length: n }, () => image).flat()),
    y: tensor(
      "int32",
      [n],
      Array.from({ length: n }, (_, i) => i),
    ),
  });
/** Which images were mirrored; anything else is refused. */
async function flips(n: number, seed: number, epoch = 0): Promise<string> {
  const { x, y } = await images(n).map(randomFlip({ seed })).all({ epoch });
  expect([...y.data]).toEqual(Array.from({ length: n }, (_, i) => i));
  return Array.from({ length: n }, (_, i) => {
    const got = Array.from(x.data.subarray(i * 12, i * 12 + 12));
    const isFlipped = got[0] !== 1;
    expect(got).toEqual(isFlipped ? mirrored : image);
    return isFlipped ? "1" : "0";
  }).join("");
}

it("mirrors about half of the images, left to right", async () => {
  const count = (await flips(1000, 1)).replaceAll("0", "").length;
  // Binomial: a deviation of 16 around 500; five of them.
  expect(Math.abs(count - 500)).toBeLessThan(80);
});

it("is the same for the same seed and epoch, and another for others", async () => {
  const first = await flips(64, 1);
  expect(await flips(64, 1)).toBe(first);
  expect(await flips(64, 2)).not.toBe(first);
  expect(await flips(64, 1, 1)).not.toBe(first);
});

it("refuses what are no images", async () => {
  const flat = dataset({ x: tensor("float32", [2, 4]), y: tensor("int32", [2]) });
  await expect(flat.map(randomFlip({ seed: 0 })).all()).rejects.toMatchObject({
    code: "bad-shape",
    facts: { shape: [2, 4] },
  });
});
