import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { dataset } from "../dataset";
import { randomTranslation } from "./randomTranslation";

/** So many images of 3 × 4 pixels and two channels, all of 1 … 24. */
const images = (n: number) =>
  dataset({
    x: tensor(
      "float32",
      [n, 3, 4, 2],
      Array.from({ length: n * 24 }, (_, i) => (i % 24) + 1),
    ),
    y: tensor(
      "int32",
      [n],
      Array.from({ length: n }, (_, i) => i),
    ),
  });

/** An image moved pixel by pixel, as the definition says. */
const moved = (down: number, right: number) =>
  Array.from({ length: 24 }, (_, i) => {
    const [h, w, c] = [Math.floor(i / 8), Math.floor(i / 2) % 4, i % 2];
    const [fromH, fromW] = [h - down, w - right];
    const inside = fromH >= 0 && fromH < 3 && fromW >= 0 && fromW < 4;
    return inside ? fromH * 8 + fromW * 2 + c + 1 : 0;
  }).join();

it.each([0, 1, 2, 6])("by up to %i pixels: every distance occurs, and no other", async (most) => {
  const distances = Array.from({ length: 2 * most + 1 }, (_, i) => i - most);
  const expected = new Set(distances.flatMap((h) => distances.map((w) => moved(h, w))));
  const n = 400 * most + 1;
  const { x, y } = await images(n)
    .map(randomTranslation(most, { seed: 1 }))
    .all();
  const got = new Set(
    Array.from({ length: n }, (_, i) => x.data.slice(i * 24, i * 24 + 24).join()),
  );
  expect(got).toEqual(expected);
  expect([...y.data]).toEqual(Array.from({ length: n }, (_, i) => i));
});

it("is the same for the same seed, epoch and batch, and another for others", async () => {
  const of = async (seed: number, epoch: number) => {
    const data = images(32).batch(16).map(randomTranslation(2, { seed }));
    const all: string[] = [];
    for await (const { x } of data.batches({ epoch })) all.push(x.data.join());
    return all;
  };
  const first = await of(1, 0);
  expect(await of(1, 0)).toEqual(first);
  expect(first[1]).not.toEqual(first[0]);
  expect((await of(2, 0))[0]).not.toEqual(first[0]);
  expect((await of(1, 1))[0]).not.toEqual(first[0]);
});

it("leaves what it is given unchanged, and keeps the type", async () => {
  const x = tensor("uint8", [1, 2, 2, 1], [1, 2, 3, 4]);
  const data = dataset({ x, y: tensor("int32", [1]) }).map(randomTranslation(1, { seed: 3 }));
  expect((await data.all()).x.dtype).toBe("uint8");
  expect([...x.data]).toEqual([1, 2, 3, 4]);
});

it("refuses what are no images, and no whole number of pixels", async () => {
  const flat = dataset({ x: tensor("float32", [2, 4]), y: tensor("int32", [2]) });
  await expect(flat.map(randomTranslation(1, { seed: 0 })).all()).rejects.toMatchObject({
    code: "bad-shape",
    facts: { shape: [2, 4] },
  });
  for (const most of [-1, 0.5, NaN])
    expect(() => randomTranslation(most, { seed: 0 })).toThrow(/whole number/);
});
