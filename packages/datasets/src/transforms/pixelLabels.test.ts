// Labels of each pixel move with the pixels.
import { tensor, type DType, type Tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { dataset } from "../dataset";
import { affine, rotation } from "../images/augment/affine";
import { generated } from "../../testing/images";
import { colorJitter } from "./colorJitter";
import { randomRotation, randomZoom } from "./randomAffine";
import { randomFlip } from "./randomFlip";
import { randomResizedCrop } from "./randomResizedCrop";
import { randomTranslation } from "./randomTranslation";

const [n, height, width] = [8, 9, 12];
const classes = Uint8Array.from({ length: n * height * width }, (_, i) => (generated("masks", i) >>> 24) % 5); // prettier-ignore
/** Images whose pixels are the numbers of the masks. */
const x = tensor("float32", [n, height, width, 1], Float32Array.from(classes));
const masks = (dtype: DType): Tensor =>
  dtype === "int64"
    ? tensor(dtype, [n, height, width], Array.from(classes, BigInt) as never)
    : tensor(dtype as "uint8", [n, height, width], classes);

// Without interpolation x moves as masks do.
const reading = { interpolation: "nearest", fillMode: "constant" } as const;
const augmentations = {
  randomFlip: randomFlip({ seed: 3, direction: "both", y: "masks" }),
  randomTranslation: randomTranslation(3, { seed: 3, y: "masks" }),
  randomRotation: randomRotation(40, { seed: 3, y: "masks", ...reading }),
  randomZoom: randomZoom(0.4, { seed: 3, y: "masks", ...reading }),
  randomResizedCrop: randomResizedCrop({ seed: 3, width: 7, height: 5, like: "torch", method: "nearest-exact", y: "masks" }), // prettier-ignore
};

describe.each(Object.entries(augmentations))("%s", (_, change) => {
  it.each(["uint8", "int32", "int64", "float32"] as const)("masks of %s", async (dtype) => {
    const changed = await dataset({ x, y: masks(dtype) }).batch(3).map(change as never).all(); // prettier-ignore
    expect(changed.y.dtype).toBe(dtype);
    expect(changed.y.shape).toEqual(changed.x.shape.slice(0, 3));
    expect(Array.from(changed.y.data, Number)).toEqual([...changed.x.data]);
    expect([...changed.x.data]).not.toEqual([...x.data]);
  });

  it("a map for each class, and what is not of pixels beside it", async () => {
    const maps = tensor("bool", [n, height, width, 5], Uint8Array.from({ length: classes.length * 5 }, (_, i) => Number(classes[Math.floor(i / 5)] === i % 5))); // prettier-ignore
    const kind = tensor(
      "int32",
      [n],
      Int32Array.from({ length: n }, (_, i) => i),
    );
    const data = dataset({ x, y: { maps, kind } } as never).map(change as never);
    const { x: moved, y } = (await data.all()) as unknown as { x: Tensor; y: Record<string, Tensor> }; // prettier-ignore
    expect(y.kind).toEqual(kind);
    expect(y.maps!.dtype).toBe("bool");
    expect(y.maps!.shape).toEqual([...moved.shape.slice(0, 3), 5]);
    moved.data.forEach((value, i) => {
      const numbers = Array.from(y.maps!.data.slice(5 * i, 5 * i + 5), Number);
      const isOutside = !numbers.includes(1);
      expect(numbers).toEqual([0, 1, 2, 3, 4].map((k) => Number(!isOutside && k === value)));
      if (isOutside) expect(value).toBe(0);
    });
  });
});

it("y that are images change as x does, and masks beside bilinear images stay whole numbers", async () => {
  const twice = { x, y: tensor("float32", x.shape, x.data) };
  const images = await dataset(twice)
    .map(randomRotation(40, { seed: 3, y: "images" }))
    .all();
  expect(images.y.data).toEqual(images.x.data);
  const marked = await dataset(twice)
    .map(randomRotation(40, { seed: 3, y: "masks" }))
    .all();
  expect(marked.x.data).toEqual(images.x.data);
  expect(marked.x.data.some((value) => !Number.isInteger(value))).toBe(true);
  expect(marked.y.data.every((value) => Number.isInteger(value))).toBe(true);
});

it("what comes in from outside has the number that is asked for", async () => {
  const ones = { x: tensor("float32", [1, 21, 21, 1], Array(441).fill(1)), y: tensor("uint8", [1, 21, 21], Array(441).fill(1)) }; // prettier-ignore
  const ignored = { y: "masks", maskFill: 255 } as const;
  for (const change of [
    randomRotation(180, { seed: 1, fillMode: "constant", interpolation: "nearest", ...ignored }),
    randomTranslation(9, { seed: 1, ...ignored }),
  ]) {
    const { x, y } = await dataset(ones).map(change as never).all(); // prettier-ignore
    const got = Array.from(y.data, Number);
    expect(got).toContain(255);
    expect(got).toEqual(Array.from(x.data, Number).map((value) => (value === 1 ? 1 : 255)));
  }
});

it("a number from outside that masks do not hold is refused, by its name", async () => {
  const data = dataset({ x, y: masks("uint8") });
  for (const change of [
    randomRotation(1, { seed: 1, y: "masks", maskFill: 300 }),
    randomZoom(0.1, { seed: 1, y: "masks", maskFill: -1 }),
    randomTranslation(0, { seed: 1, y: "masks", maskFill: 256 }),
  ])
    await expect(data.map(change as never).all()).rejects.toMatchObject({
      code: "bad-argument",
      message: expect.stringMatching(
        /^random\w+: got maskFill -?\d+, which masks of dtype uint8 do not hold/,
      ),
    });
});

it("masks are read as Keras' rotation reads with interpolation nearest", () => {
  // By hand: a quarter turn, counter-clockwise, of a square.
  const square = tensor("float32", [3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const turned = affine(square, rotation(90, { width: 3, height: 3 }), { interpolation: "nearest" }); // prettier-ignore
  expect([...turned.data]).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
});

it("refuses what was said to be of pixels and is not, and images of whole numbers", async () => {
  const labelled = dataset({ x, y: tensor("int32", [n], Array(n).fill(0)) });
  await expect(labelled.map(randomFlip({ seed: 1, y: "masks" })).all()).rejects.toMatchObject({
    code: "bad-shape",
    message: expect.stringMatching(/got y: "masks", and y \[8\], expected .*\[n, 9, 12\]/),
  });
  const numbers = dataset({ x, y: masks("int32") });
  await expect(numbers.map(randomFlip({ seed: 1, y: "images" })).all()).rejects.toMatchObject({
    code: "bad-argument",
    message: expect.stringMatching(/y that are images of dtype int32/),
  });
  await expect(numbers.map(randomFlip({ seed: 1 })).all()).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringMatching(/\{ y: "masks" \}/),
  });
  expect(() => randomFlip({ seed: 1, y: "mask" as never })).toThrow(/masks/);
  const fill = /got maskFill 255 without y: "masks"/;
  expect(() => randomTranslation(1, { seed: 1, maskFill: 255 })).toThrow(fill);
  expect(() => randomZoom(0.1, { seed: 1, maskFill: 255, y: "images" })).toThrow(fill);
  expect(() => colorJitter({ seed: 1, hue: 0.1, y: "masks" } as never)).toThrow(/unknown|option/);
});
