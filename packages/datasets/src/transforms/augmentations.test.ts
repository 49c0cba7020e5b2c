// The random ones: chance depends on seed, epoch and example alone, whatever the batches are.
import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { dataset } from "../dataset";
import { generated } from "../../testing/images";
import { colorJitter } from "./colorJitter";
import { oneHot } from "./oneHot";
import { randomRotation, randomZoom } from "./randomAffine";
import { randomCutout } from "./randomCutout";
import { randomFlip } from "./randomFlip";
import { randomCutmix, randomMixup } from "./randomMix";
import { randomResizedCrop } from "./randomResizedCrop";
import { randomTranslation } from "./randomTranslation";

const n = 12;
const pixels = Uint8Array.from({ length: n * 8 * 10 * 3 }, (_, i) => generated("image/noise", i) >>> 24); // prettier-ignore
const images = dataset({
  x: tensor("uint8", [n, 8, 10, 3], pixels),
  y: tensor(
    "int32",
    [n],
    Int32Array.from({ length: n }, (_, i) => i % 3),
  ),
});

const augmentations = {
  randomFlip: (seed: number) => randomFlip({ seed, direction: "both" }),
  randomTranslation: (seed: number) => randomTranslation(3, { seed, mode: "reflect" }),
  randomRotation: (seed: number) => randomRotation(30, { seed }),
  randomZoom: (seed: number) => randomZoom(0.3, { seed, fillMode: "constant" }),
  randomResizedCrop: (seed: number) => randomResizedCrop({ seed, width: 6, height: 5 }),
  colorJitter: (seed: number) => colorJitter({ seed, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }), // prettier-ignore
  randomCutout: (seed: number) => randomCutout(4, { seed, value: 7 }),
};

describe.each(Object.keys(augmentations) as (keyof typeof augmentations)[])("%s", (name) => {
  const make = augmentations[name];
  const pass = async (seed: number, epoch: number, size: number) => {
    const all: number[] = [];
    for await (const { x } of images.batch(size).map(make(seed)).batches({ epoch })) all.push(...x.data); // prettier-ignore
    return all;
  };

  it("is the same for the same seed and epoch, whatever the batches", async () => {
    const first = await pass(1, 0, 12);
    expect(await pass(1, 0, 5)).toEqual(first);
    expect(await pass(1, 0, 1)).toEqual(first);
    expect(await pass(2, 0, 12)).not.toEqual(first);
    expect(await pass(1, 1, 12)).not.toEqual(first);
  });

  it("follows the example through a shuffle", async () => {
    const ordered = await images.map(make(1)).all();
    const size = ordered.x.data.length / n;
    const shuffled = images.shuffle({ seed: 5 });
    const plain = (await shuffled.all()).x;
    const { x } = await shuffled.map(make(1)).all();
    for (let i = 0; i < n; i++) {
      const own = plain.data.subarray(i * 240, (i + 1) * 240).join();
      const example = Array.from({ length: n }, (_, k) => k).find((k) => pixels.subarray(k * 240, (k + 1) * 240).join() === own)!; // prettier-ignore
      expect(x.data.slice(i * size, (i + 1) * size)).toEqual(ordered.x.data.slice(example * size, (example + 1) * size)); // prettier-ignore
    }
  });

  it("refuses a seed that is none", () => {
    expect(() => make(0.5)).toThrow(expect.objectContaining({ code: "bad-argument" }));
  });
});

it.each([
  ["randomFlip", randomFlip({ seed: 1 })],
  ["randomTranslation", randomTranslation(1, { seed: 1 })],
  ["randomRotation", randomRotation(9, { seed: 1 })],
  ["randomZoom", randomZoom(0.1, { seed: 1 })],
  ["randomResizedCrop", randomResizedCrop({ seed: 1, width: 8, height: 8 })],
  ["cutmix", randomCutmix({ seed: 1 })],
])("%s refuses labels of pixels, which would stay", async (name, change) => {
  const x = tensor("float32", [2, 8, 6, 3]);
  const refused = { code: "unsupported", message: expect.stringContaining(`${name}: got y`) };
  for (const y of [tensor("int32", [2, 8, 6]), tensor("float32", [2, 8, 6, 1])])
    await expect(dataset({ x, y }).map(change as never).all()).rejects.toMatchObject(refused); // prettier-ignore
  const named = { kind: tensor("int32", [2]), mask: tensor("uint8", [2, 8, 6, 4]) };
  await expect(dataset({ x, y: named } as never).map(change as never).all()).rejects.toMatchObject(refused); // prettier-ignore
  // A mask whose pixels stay goes with colours that change.
  const kept = dataset({ x, y: tensor("int32", [2, 8, 6]) }).map(
    colorJitter({ seed: 1, hue: 0.1 }),
  );
  expect((await kept.all()).y.shape).toEqual([2, 8, 6]);
});

it.each([
  ["mixup", randomMixup],
  ["cutmix", randomCutmix],
])("%s: labels stay shares of 1, and depend on seed, epoch and batch", async (_, make) => {
  const data = images
    .map(oneHot(3))
    .map(make({ seed: 3, alpha: 0.4 }))
    .batch(6);
  const batches = [];
  for await (const batch of data) batches.push(batch);
  expect(batches[0]!.x.dtype).toBe("float32");
  for (const { y } of batches)
    for (let i = 0; i < y.data.length; i += 3)
      expect(Number(y.data[i]) + Number(y.data[i + 1]) + Number(y.data[i + 2])).toBeCloseTo(1, 5);
  const again = [];
  for await (const batch of data) again.push(batch);
  expect(again).toEqual(batches);
});

it("mixup draws λ from Beta(α, α)", async () => {
  // x of 0 and 1 in turn: x after mixing tells λ. Beta(2, 2) has mean 0.5 and variance 0.05.
  const data = dataset({
    x: tensor(
      "float32",
      [4000, 1],
      Float32Array.from({ length: 4000 }, (_, i) => i % 2),
    ),
    y: tensor("float32", [4000, 1]),
  })
    .batch(2)
    .map(randomMixup({ seed: 1, alpha: 2 }));
  const lambdas: number[] = [];
  for await (const { x } of data) lambdas.push(Number(x.data[1]));
  const mean = lambdas.reduce((a, b) => a + b, 0) / 2000;
  const variance = lambdas.reduce((a, b) => a + (b - mean) ** 2, 0) / 2000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  expect(Math.abs(variance - 0.05)).toBeLessThan(0.006);
});

it.each([
  () => randomTranslation(1, { seed: 1, fill: 2 } as never),
  () => randomRotation(-1, { seed: 1 }),
  () => randomZoom(1, { seed: 1 }),
  () => randomCutout(0, { seed: 1 }),
  () => colorJitter({ seed: 1, hue: 0.6 }),
  () => randomMixup({ seed: 1, alpha: 0 }),
  () => randomFlip({ seed: 1, direction: "up" as never }),
  () => randomTranslation(1, { seed: 1, mode: "mirror" as never }),
  () => randomRotation(1, { seed: 1, fillMode: "edge" as never }),
  () => randomZoom(0.1, { seed: 1, fillValue: NaN }),
  () => randomCutout(1, { seed: 1, value: NaN }),
  () => randomResizedCrop({ seed: 1, width: 1, height: 1, scale: [3, 2] }),
  () => randomResizedCrop({ seed: 1, width: 1, height: 1, ratio: [0, 1] }),
  () => randomResizedCrop({ seed: 1, width: 1, height: 1, like: "pilow" as never }),
  () => randomResizedCrop({ seed: 1, width: 1, height: 1, method: "cubic" }),
  () => randomResizedCrop({ seed: 1, width: 0, height: 1 }),
])("refuses %s", (refused) => {
  expect(refused).toThrow();
});
