import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { fromSource } from "../dataset";
import { iris } from "../sets/iris";
import { contactSheet, sampleImages } from "./contactSheet";

describe("contactSheet", () => {
  it("puts pictures row by row, on white", () => {
    const images = tensor("uint8", [3, 1, 2, 1], [1, 2, 3, 4, 5, 6]);
    const { shape, data } = contactSheet(images, { columns: 2, gap: 1, scale: 1 });
    expect(shape).toEqual([5, 7, 3]);
    const red = Array.from({ length: 35 }, (_, i) => data[3 * i]);
    const w = 255;
    // By hand.
    expect(red.join(" ")).toBe(
      [
        `${w} ${w} ${w} ${w} ${w} ${w} ${w}`,
        `${w} 1 2 ${w} 3 4 ${w}`,
        `${w} ${w} ${w} ${w} ${w} ${w} ${w}`,
        `${w} 5 6 ${w} ${w} ${w} ${w}`,
        `${w} ${w} ${w} ${w} ${w} ${w} ${w}`,
      ].join(" "),
    );
  });

  it("scales other numbers, and makes small pictures larger", () => {
    const sheet = contactSheet(tensor("float32", [1, 8, 8, 3], Array.from({ length: 192 }, () => 8)), { gap: 0 }); // prettier-ignore
    expect([sheet.shape, sheet.data[0]]).toEqual([[48, 48, 3], 255]);
    const half = contactSheet(tensor("float32", [1, 1, 1, 1], [0.5]), { gap: 0, scale: 1 });
    expect([...half.data]).toEqual([128, 128, 128]);
  });

  it.each([[[3, 4]], [[0, 2, 2, 1]], [[1, 2, 2, 4]]])("refuses %j", (shape) => {
    expect(() => contactSheet(tensor("uint8", shape))).toThrow(expect.objectContaining({ code: "bad-shape" })); // prettier-ignore
  });

  it.each([NaN, Infinity])("refuses %d, of which all would be black", (value) => {
    const images = tensor("float32", [2, 1, 1, 1], [0.5, value]);
    expect(() => contactSheet(images)).toThrow(expect.objectContaining({ code: "bad-argument", message: expect.stringContaining(`image 1 has the value ${value}`) })); // prettier-ignore
  });
});

describe("sampleImages", () => {
  const ofSizes = (...sizes: number[]) =>
    fromSource({
      size: sizes.length,
      read: ([i]) => ({ x: tensor("uint8", [1, sizes[i!]!, 5, 3]), y: tensor("int32", [1]) }),
    });

  it("takes images as they are, or of one size", async () => {
    expect((await sampleImages(ofSizes(4, 4, 4), { count: 2 })).shape).toEqual([2, 4, 5, 3]);
    expect((await sampleImages(ofSizes(4, 7))).shape).toEqual([2, 64, 64, 3]);
    expect((await sampleImages(ofSizes(300))).shape).toEqual([1, 64, 64, 3]);
  });

  it("refuses what are no images", async () => {
    await expect(sampleImages(iris())).rejects.toThrow(expect.objectContaining({ code: "bad-shape" })); // prettier-ignore
    await expect(sampleImages([] as never)).rejects.toThrow(expect.objectContaining({ code: "bad-argument" })); // prettier-ignore
  });
});
