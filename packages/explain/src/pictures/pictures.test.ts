import { inflateSync } from "node:zlib";
import { random, tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { featureMaps, filters } from "./channels";
import { colorMaps, lightnessOf } from "./colorMaps";
import { figure } from "./figure";
import { overlay, pictureOf } from "./overlay";
import { emptyPicture, enlarged, gridOf } from "./picture";
import { encodePng } from "./png";

describe("colour maps", () => {
  it("step evenly in lightness", () => {
    for (const [name, from] of [
      ["heat", 0],
      ["grey", 0],
      ["diverging", 0],
    ] as const) {
      const steps = Array.from({ length: 11 }, (_, i) =>
        lightnessOf(colorMaps[name].at(from + i / 10)),
      );
      const changes = steps.slice(1).map((lightness, i) => lightness - steps[i]!);
      const mean = changes.reduce((a, b) => a + b, 0) / 10;
      for (const change of changes) expect(Math.abs(change - mean), name).toBeLessThan(0.012);
    }
  });

  it("are as light on both sides of nothing", () => {
    for (const value of [0.25, 0.5, 1]) {
      const [against, speaking] = [-value, value].map((each) =>
        lightnessOf(colorMaps.diverging.at(each)),
      );
      expect(Math.abs(against! - speaking!)).toBeLessThan(0.015);
    }
    const [r, , b] = colorMaps.diverging.at(1);
    expect(r).toBeGreaterThan(b);
  });
});

describe("overlay", () => {
  const image = tensor("float32", [2, 3, 1], [0, 1, 0, 1, 0, 1]);

  it("colours what is hot, and leaves the rest as it is", () => {
    const map = tensor("float32", [1, 2, 3], [0, 0, 4, 0, 0, 0]);
    const { picture, legend } = overlay(map, image);
    expect(legend).toEqual({ colors: "heat", low: 0, high: 4 });
    const at = (i: number) => [...picture.data.subarray(4 * i, 4 * i + 4)];
    expect(at(0)).toEqual([40, 40, 40, 255]);
    expect(at(1)).toEqual([255, 255, 255, 255]);
    expect(at(2)[0]).toBeGreaterThan(at(2)[2]! + 20);
  });

  it("diverges where maps are signed, and shows a map of nothing as nothing", () => {
    const { legend } = overlay(tensor("float32", [1, 2, 3], [0, -2, 1, 0, 0, 0]), undefined);
    expect(legend).toEqual({ colors: "diverging", low: -2, high: 2 });
    const { picture } = overlay(tensor("float32", [1, 2, 3]), image);
    expect(picture.data[0]).toBe(40);
    expect(() => overlay(tensor("float32", [3]), image)).toThrow(expect.objectContaining({ code: "bad-shape" })); // prettier-ignore
  });

  it("brings a small map to the image's size", () => {
    const { picture } = overlay(tensor("float32", [1, 1, 1], [1]), image);
    expect([picture.width, picture.height]).toEqual([3, 2]);
  });

  const map = tensor("float32", [1, 2, 3], [0, 0.1, 0.2, 0.3, 0.4, 1]);
  const colors = tensor("float32", [2, 3, 3]);
  const nan = tensor("float32", [1, 2, 3], [0, 1, 2, 3, 4, NaN]);
  it.each([
    ["bad-argument", "an opacity of NaN", () => overlay(map, image, { opacity: NaN })],
    ["bad-argument", "an opacity of 2", () => overlay(map, image, { opacity: 2 })],
    ["bad-argument", "a range of −3", () => overlay(map, image, { range: -3 })],
    ["bad-argument", "a range in words", () => overlay(map, image, { range: "big" as never })],
    ["unknown-name", "colours that are not known", () => overlay(map, image, { colors: "jet" as never })], // prettier-ignore
    ["bad-argument", "pixels from nowhere", () => pictureOf(image, { pixels: [0] as never })],
    ["bad-argument", "pixels to NaN", () => overlay(map, image, { pixels: [0, NaN] })],
    ["bad-argument", "a map of NaN", () => overlay(nan, image)],
    ["bad-argument", "an image of NaN", () => pictureOf(nan)],
    ["bad-shape", "an image laid over its map", () => overlay(colors, map)],
    ["bad-argument", "nothing", () => overlay({} as never, image)],
    ["bad-argument", "feature maps of NaN", () => featureMaps(tensor("float32", [1, 1, 2, 1], [NaN, 0]))], // prettier-ignore
  ] as const)("refuse with %s: %s", (code, _, draw) => {
    expect(draw).toThrow(expect.objectContaining({ code }));
  });

  it("shows images in their own range", () => {
    expect([...pictureOf(image).data.subarray(0, 8)]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
    expect(pictureOf(image, { pixels: [0, 2] }).data[4]).toBe(128);
  });
});

describe("PNG", () => {
  it("holds the pixels", async () => {
    const numbers = random(1, "pixels");
    const picture = { width: 5, height: 4, data: Uint8ClampedArray.from({ length: 80 }, () => numbers.integer(256)) }; // prettier-ignore
    const bytes = Buffer.from(await encodePng(picture));
    expect(bytes.subarray(1, 4).toString()).toBe("PNG");
    expect(bytes.readUInt32BE(16)).toBe(5);
    const length = bytes.readUInt32BE(33);
    const rows = inflateSync(bytes.subarray(41, 41 + length));
    const pixels = new Uint8ClampedArray(80);
    for (let y = 0; y < 4; y++)
      for (let i = 0; i < 20; i++)
        pixels[y * 20 + i] =
          (rows[y * 21 + 1 + i]! + (y > 0 ? pixels[(y - 1) * 20 + i]! : 0)) & 255;
    expect(pixels).toEqual(picture.data);
    // The check value of IEND, the same in every PNG.
    expect(bytes.subarray(-4).toString("hex")).toBe("ae426082");
  });
});

describe("grids and figures", () => {
  it("lay pictures out", () => {
    const grid = gridOf([emptyPicture(2, 3), emptyPicture(2, 3), emptyPicture(2, 3)], 2, 1);
    expect([grid.width, grid.height]).toEqual([5, 7]);
    expect(enlarged(emptyPicture(2, 3), 4).width).toBe(8);
  });

  it.each([
    [{ title: 5 }, "bad-argument"],
    [{ legend: {} }, "unknown-name"],
    [{ legend: { colors: "rainbow", low: 0, high: 1 } }, "unknown-name"],
    [{ legend: { colors: "heat", low: 0, high: "1" } }, "bad-argument"],
  ])("refuse %j", async (panel, code) => {
    const picture = { width: 1, height: 1, data: new Uint8ClampedArray(4) };
    const drawn = figure([{ title: "map", picture, ...panel } as never]);
    await expect(drawn).rejects.toMatchObject({ code });
  });

  it("carry titles and legends", async () => {
    const { picture, legend } = overlay(tensor("float32", [1, 2, 2], [-1, 0, 0, 0.5]), undefined);
    const svg = await figure([{ title: "a < b", picture, legend }]);
    expect(svg).toContain("a &lt; b");
    expect(svg).toContain("data:image/png;base64,");
    expect(svg).toContain(">−1<");
    const small = await figure([{ title: "small", picture, legend: { ...legend, low: -1e-7 } }]);
    expect(small).toContain(">−1e−7<");
  });

  it("cut titles that would run into the next, and show what XML has no place for", async () => {
    const { picture } = overlay(tensor("float32", [1, 2, 2], [-1, 0, 0, 0.5]), undefined);
    const long = `${"very ".repeat(20)}long`;
    const titles = [long, "a\u0000b\u001b[31m", "half \ud800 a pair", "𝔘𝔫𝔦"];
    const svg = await figure(titles.map((title) => ({ title, picture })));
    const shown = [...svg.matchAll(/<text [^>]*font-weight[^>]*>(.*?)<\/text>/g)].map(([, text]) => text); // prettier-ignore
    expect(shown).toEqual([`<title>${long}</title>${long.slice(0, 31)}…`, "a\ufffdb\ufffd[31m", "half \ufffd a pair", "𝔘𝔫𝔦"]); // prettier-ignore
  });
});

describe("channels", () => {
  const at = (
    { data, width }: { data: Uint8ClampedArray; width: number },
    x: number,
    y: number,
  ) => [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
  const color = (name: "heat" | "diverging", value: number) =>
    colorMaps[name].at(value).map((each) => Math.round(each));

  it("of a layer are tiles, each with its own range or one for all", () => {
    // Two channels of 1 × 2: [0, 1] and [2, 4], of the second image.
    const map = tensor("float32", [2, 1, 2, 2], [9, 9, 9, 9, 0, 2, 1, 4]);
    const each = featureMaps(map, { index: 1, columns: 2 });
    // Tiles of 48 × 24, two pixels between them.
    expect([each.width, each.height]).toEqual([98, 24]);
    expect(at(each, 0, 0)).toEqual(color("heat", 0));
    expect(at(each, 47, 23)).toEqual(color("heat", 1));
    expect(at(each, 50, 0)).toEqual(color("heat", 0.5));
    const all = featureMaps(map, { index: 1, columns: 2, range: "all" });
    expect(at(all, 47, 0)).toEqual(color("heat", 0.25));
    expect(at(all, 97, 0)).toEqual(color("heat", 1));
    expect(() => featureMaps(map, { index: 2 })).toThrow(expect.objectContaining({ code: "bad-shape" })); // prettier-ignore
  });

  it("of filters are signed, and coloured where a filter sees colours", () => {
    // One pixel, three channels, two filters: [1, −1, 0] and [0, 0, 0.5].
    const rgb = filters(tensor("float32", [1, 1, 3, 2], [1, 0, -1, 0, 0, 0.5]), { columns: 2 });
    expect(at(rgb, 0, 0)).toEqual([255, 0, 128]);
    expect(at(rgb, 50, 0)).toEqual([128, 128, 255]);
    const depthwise = filters(tensor("float32", [1, 1, 3, 1], [1, -1, 0]), { depthwise: true, columns: 3 }); // prettier-ignore
    expect([0, 50, 100].map((x) => at(depthwise, x, 0))).toEqual([1, -1, 0].map((v) => color("diverging", v))); // prettier-ignore
    // Four channels, two filters: a row is a filter.
    const later = filters(tensor("float32", [1, 1, 4, 2], [1, 2, 2, 2, 3, 2, 4, -2]), {
      range: "all",
    });
    expect([later.width, later.height]).toEqual([4 * 50 - 2, 98]);
    expect(at(later, 150, 0)).toEqual(color("diverging", 1));
    expect(at(later, 150, 50)).toEqual(color("diverging", -0.5));
    expect(() => filters(tensor("float32", [3]))).toThrow(expect.objectContaining({ code: "bad-shape" })); // prettier-ignore
  });
});
