// Against torchvision, Pillow and Keras, the draws given.
import { readFileSync } from "node:fs";
import { tensor, type Batch, type Tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../../core/testing/shared";
import { asFloat, expectImage, generated, inputImage, type ImageInput, type Output } from "../../../testing/images"; // prettier-ignore
import { crop, pad } from "../crop";
import type { Image } from "../image";
import { affine, rotation, translation, zoom, type Affine } from "./affine";
import { adjustColour, type ColourOperation } from "./colour";
import { cutout, flip } from "./flip";
import { cutmix, cutmixBox, mixup } from "./mix";
import { boxOf, fallbackBox, resizedCropBox } from "./resizedCropBox";
import { rotate } from "./rotate";

describe("by hand", () => {
  const image = tensor("uint8", [2, 2, 1], [1, 2, 3, 4]);
  const identity: Affine = [1, 0, 0, 0, 1, 0];
  const pictures: Batch = { x: tensor("float32", [2, 2, 2, 1]), y: tensor("float32", [2, 2]) };

  it("flips, turns and cuts out", () => {
    expect([...flip(image, "horizontal").data]).toEqual([2, 1, 4, 3]);
    expect([...flip(image, "vertical").data]).toEqual([3, 4, 1, 2]);
    expect([...rotate(image, 90).data]).toEqual([2, 4, 1, 3]);
    expect([...rotate(image, -90).data]).toEqual([3, 1, 4, 2]);
    expect([...cutout(image, { left: 1, top: -1, width: 9, height: 2, value: 9 }).data]).toEqual([1, 9, 3, 4]); // prettier-ignore
  });

  it("turns by the very angle that Pillow does", () => {
    // Image.rotate of Pillow 12.3, where an angle that was rounded once more moves a value by 1.
    const line = tensor("uint8", [1, 3, 3], [10, 251, 0, 5, 253, 12, 2, 245, 55]);
    const turned = rotate(line, 36.16961320670936, { method: "bilinear", expand: true, fill: [91, 7, 135] }); // prettier-ignore
    expect(turned.shape).toEqual([3, 5, 3]);
    // prettier-ignore
    expect([...turned.data]).toEqual([91, 7, 135, 91, 7, 135, 91, 7, 135, 2, 245, 55, 91, 7, 135, 91, 7, 135, 91, 7, 135, 4, 253, 12, 91, 7, 135, 91, 7, 135, 91, 7, 135, 10, 251, 0, 91, 7, 135, 91, 7, 135, 91, 7, 135]);
  });

  it("fills floats with any finite number, and takes colours that overshoot a little", () => {
    expect([...pad(asFloat(image), { left: 1, value: -300.5 }).data]).toEqual([-300.5, 1, 2, -300.5, 3, 4]); // prettier-ignore
    const bright = adjustColour(tensor("float32", [1, 1, 3], [-0.1, 0.5, 1.1]), "brightness", 2);
    expect([...bright.data]).toEqual([0, 1, 1]);
  });

  it.each([
    ["Uint8Array", Uint8Array.of(7, 8, 9)],
    ["Float32Array", Float32Array.of(7, 8, 9)],
    ["list", [7, 8, 9]],
  ])("fills with one value a channel of a %s", (_, fill) => {
    const pixel = tensor("uint8", [1, 1, 3], [1, 2, 3]);
    expect([...pad(pixel, { left: 1, value: fill }).data]).toEqual([7, 8, 9, 1, 2, 3]);
    // The pixels of a row, turned by a quarter, leave it at both ends.
    const row = tensor("uint8", [1, 3, 3], [0, 0, 0, 1, 2, 3, 0, 0, 0]);
    expect([...rotate(row, 90, { fill }).data]).toEqual([7, 8, 9, 1, 2, 3, 7, 8, 9]);
    expect([...rotate(row, 90, { fill: 5 }).data]).toEqual([5, 5, 5, 1, 2, 3, 5, 5, 5]);
  });

  it("draws shares above 1 of resized crops as torchvision does: what does not fit is drawn again", () => {
    const floats = [0.9, 0.5, 0.25, 0.5];
    const draws = { float: () => floats.shift()!, integer: () => 2 };
    // Shares 0.5 + 0.9 = 1.4, too large, and 0.5 + 0.25 = 0.75 of 8 × 8, which is 6.93 × 6.93.
    const box = resizedCropBox({ width: 8, height: 8 }, draws, { scale: [0.5, 1.5] });
    expect(box).toEqual({ width: 7, height: 7, top: 2, left: 2 });
    expect(floats).toEqual([]);
  });

  it.each<[options: object, message: string]>([
    [{ scale: [0, 0] }, "got scale [0, 0], expected shares of the area"],
    [{ scale: [-0.5, 1] }, "got scale [-0.5, 1]"],
    [{ scale: [0.5, Infinity] }, "got scale [0.5, Infinity]"],
    [{ scale: [0.5] }, "got scale [0.5]"],
    [{ scale: 0.5 }, "got scale 0.5"],
    [{ scale: [0.9, 0.1] }, "got scale [0.9, 0.1]"],
    [{ ratio: [0, 1] }, "got ratio [0, 1], expected width by height"],
    [{ ratio: [3, -2] }, "got ratio [3, -2]"],
  ])("refuses bounds %o of resized crops", (bounds, message) => {
    const draws = { float: () => 0.5, integer: () => 0 };
    expect(() => resizedCropBox({ width: 9, height: 9 }, draws, bounds)).toThrow(message);
  });

  it("mixes with the example before", () => {
    const batch: Batch = { x: tensor("float32", [2, 1], [1, 3]), y: tensor("float32", [2, 2], [1, 0, 0, 1]) }; // prettier-ignore
    const { x, y } = mixup(batch, 0.75);
    expect([...x.data]).toEqual([1.5, 2.5]);
    expect([...y.data]).toEqual([0.75, 0.25, 0.25, 0.75]);
  });

  it.each([
    ["bad-argument", () => flip(image, "diagonal" as "vertical")],
    ["bad-argument", () => rotate(image, NaN)],
    ["bad-argument", () => rotate(image, 1, { fill: [1, 2] })],
    ["bad-argument", () => rotate(image, 1, { fill: Float32Array.of(300) })],
    ["bad-argument", () => pad(image, { left: 1, value: Uint8Array.of(1, 2) })],
    ["bad-argument", () => affine(image, [1, 0, 0] as never)],
    ["unknown-name", () => affine(image, identity, { fillMode: "edge" as "wrap" })],
    ["unknown-name", () => affine(image, identity, { fillMode: "toString" as "wrap" })],
    ["bad-argument", () => affine(image, identity, { fillValue: "x" as never })],
    ["bad-argument", () => rotate(image, 1, { fill: [300] })],
    ["bad-argument", () => rotate(image, 1, { fill: ["a"] as never })],
    ["bad-argument", () => rotate(image, 1, { fill: "a" as never })],
    ["bad-argument", () => pad(image, { left: 1, value: 300 })],
    ["bad-argument", () => pad(image, { left: 1, value: [0.5] })],
    ["bad-argument", () => pad(image, { left: 1, value: "a" as never })],
    ["bad-argument", () => pad(image, { left: 1, mode: "constructor" as never })],
    ["bad-argument", () => cutout(image, { left: 0, top: 0, width: 1, height: 1, value: 300 })],
    ["bad-argument", () => cutout(asFloat(image), { left: 0, top: 0, width: 1, height: 1, value: NaN })], // prettier-ignore
    ["bad-argument", () => cutmix(pictures, { left: 0.5, top: 0, right: 1, bottom: 1 })],
    ["bad-argument", () => cutmix(pictures, { left: NaN, top: 0, right: 1, bottom: 1 })],
    ["bad-argument", () => cutmixBox(0.5, { x: 0.5, y: 0 }, { width: 4, height: 4 })],
    ["bad-argument", () => cutmixBox(0.5, { x: NaN, y: 0 }, { width: 4, height: 4 })],
    ["bad-argument", () => adjustColour(tensor("float32", [1, 1, 3], [0, 128, 255]), "contrast", 1)], // prettier-ignore
    ["bad-argument", () => adjustColour(tensor("float32", [1, 1, 3], [-1, 0, 1]), "contrast", 1)],
    ["bad-argument", () => adjustColour(tensor("float32", [1, 1, 3], [0, NaN, 1]), "hue", 0.1)],
    ["bad-shape", () => adjustColour(image, "hue", 0.1)],
    ["unknown-name", () => adjustColour(tensor("uint8", [1, 1, 3]), "gamma" as "hue")],
    ["bad-argument", () => adjustColour(tensor("uint8", [1, 1, 3]), "hue", 0.6)],
    ["bad-argument", () => adjustColour(tensor("float32", [1, 1, 3]), "hue", 0.1, { like: "pillow" })], // prettier-ignore
    ["bad-argument", () => mixup({ x: image, y: image }, 2)],
    ["bad-shape", () => mixup({ x: image, y: tensor("int32", [2]) }, 0.5)],
    ["bad-shape", () => cutmix({ x: image, y: image }, { left: 0, top: 0, right: 1, bottom: 1 })],
  ] as const)("refuses with %s: %s", (code, refused) => {
    expect(refused).toThrow(expect.objectContaining({ code }));
  });
});

describeWithShared("augmentation of the reference", "reference/images", (folder) => {
  const file = (name: string) => JSON.parse(readFileSync(`${folder}/augmentation/${name}.json`, "utf8")); // prettier-ignore
  interface Case {
    case: string;
    input: ImageInput;
    output: Output;
    [key: string]: unknown;
  }
  const number = (value: unknown) => value as number;

  it.each<Case>(file("geometry").cases)("$case", async (each) => {
    const image = await inputImage(each.input, folder);
    const { op } = each;
    const part = { left: number(each["left"]), top: number(each["top"]), width: number(each["width"]), height: number(each["height"]) }; // prettier-ignore
    const padding = number(each["padding"]);
    const got =
      op === "hflip"
        ? flip(image, "horizontal")
        : op === "vflip"
          ? flip(image, "vertical")
          : op === "pad_crop"
            ? crop(pad(image, { left: padding, right: padding, top: padding, bottom: padding, mode: each["mode"] as "edge", value: number(each["fill"]) }), part) // prettier-ignore
            : op === "cutout"
              ? cutout(image, { ...part, value: number(each["value"]) })
              : rotate(image, number(each["angle"]), { method: each["method"] as "nearest", expand: each["expand"] as boolean, ...(each["fill"] ? { fill: each["fill"] as number[] } : {}) }); // prettier-ignore
    expectImage(got, each.output, 0);
  });

  it.each<Case>(file("colour").cases)("$case", async (each) => {
    let image: Image = await inputImage(each.input, folder);
    if (each["crop"]) {
      const [top, left, height, width] = each["crop"] as [number, number, number, number];
      image = crop(image, { top, left, height, width });
    }
    if (each["op"] === "normalize") return;
    const { kind } = each;
    if (kind === "float32")
      image = tensor(
        "float32",
        image.shape,
        Float32Array.from(image.data, (v) => v / 255),
      );
    const operation = each["op"] as ColourOperation;
    const like = kind === "pil" ? "pillow" : "torch";
    const factor = each["factor"] === undefined ? 1 : number(each["factor"]);
    const got = adjustColour(image, operation, factor, { like });
    // Of uint8 tensors a value may fall to the other side of a whole number.
    expectImage(got, each.output, kind === "pil" ? 0 : kind === "uint8" ? 1 : 2e-6);
  });

  it.each<Case>(file("keras").cases)("$case", async (each) => {
    const image = asFloat(await inputImage(each.input, folder));
    const [height, width] = image.shape as [number, number];
    const size = { width, height };
    let map: Affine;
    if (each["layer"] === "RandomRotation") {
      map = rotation(number(each["angle"]), size);
      const wanted = (each["matrix"] as number[]).slice(0, 6);
      wanted.forEach((value, i) => expect(Math.abs(map[i]! - value)).toBeLessThan(1e-5));
      // Of the cosine's last bit: where it decides which pixel is nearest.
      map = wanted as unknown as Affine;
    } else if (each["layer"] === "RandomTranslation")
      map = translation({ right: number(each["width_factor"]), down: number(each["height_factor"]) }, size); // prettier-ignore
    else {
      const down = number(each["height_factor"]);
      map = zoom({ down, across: (each["width_factor"] as number | null) ?? down }, size);
    }
    const got = affine(image, map, {
      fillMode: each["fill_mode"] as "wrap",
      fillValue: number(each["fill_value"]),
      interpolation: each["interpolation"] as "nearest",
    });
    expectImage(got, each.output, 2e-3);
  });

  it("random resized crops", () => {
    const { cases } = file("random_resized_crop");
    expect(cases.length).toBeGreaterThan(30);
    for (const { height, width, draws, offsets, ratio, scale, box } of cases) {
      const last = draws.at(-1);
      const size = { width, height };
      const got = offsets
        ? { ...boxOf(size, last[0], last[1]), top: offsets[0], left: offsets[1] }
        : fallbackBox(size, ratio);
      expect(got).toEqual(box);
      // And by the whole procedure, the draws turned back into uniform numbers.
      const logs = ratio.map(Math.log);
      const uniform = draws.flatMap(([area, r]: [number, number]) => [
        (area - scale[0]) / (scale[1] - scale[0]),
        (Math.log(r) - logs[0]) / (logs[1] - logs[0]),
      ]);
      const whole = [...(offsets ?? [])];
      const again = resizedCropBox(size, { float: () => uniform.shift()!, integer: () => whole.shift() }, { scale, ratio }); // prettier-ignore
      expect(again).toEqual(box);
    }
  });

  it("mixup and cutmix", () => {
    const { cases, cutmix_boxes } = file("mixing");
    const pixels = Float32Array.from({ length: 4 * 12 * 12 * 3 }, (_, i) => (generated("image/noise", i) >>> 24) / 255); // prettier-ignore
    const near = (got: Tensor, wanted: Output) => {
      expect(got.shape).toEqual(wanted.shape);
      wanted.data!.forEach((value, i) => expect(Math.abs(Number(got.data[i]) - value)).toBeLessThan(1e-6)); // prettier-ignore
    };
    for (const each of cases) {
      const y = tensor("float32", [4, 3]);
      each.labels.forEach((label: number, i: number) => (y.data[i * 3 + label] = 1));
      const batch = { x: tensor("float32", [4, 12, 12, 3], pixels), y };
      const [left, top, right, bottom] = each.box ?? [];
      const got = each.op === "mixup" ? mixup(batch, each.lambda) : cutmix(batch, { left, top, right, bottom }); // prettier-ignore
      near(got.x, each.output);
      near(got.y, each.output_labels);
    }
    for (const { lambda, center_x: x, center_y: y, width, height, box } of cutmix_boxes) {
      const { left, top, right, bottom } = cutmixBox(lambda, { x, y }, { width, height });
      expect([left, top, right, bottom]).toEqual(box);
    }
  });
});
