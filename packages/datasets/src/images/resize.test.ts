// Against Pillow, OpenCV, TensorFlow, Keras and PyTorch: the small cases of the fixture in every clone, all of
// them where the shared folder is.
import { readFileSync } from "node:fs";
import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import {
  asFloat,
  expectImage,
  inputImage,
  type ImageInput,
  type Output,
} from "../../testing/images";
import { centerBegin, centerCrop, crop, pad, shortSideSize } from "./crop";
import { loadImg, resizeWithPad, resizing } from "./keras";
import { resize, type ResizeLibrary, type ResizeOptions } from "./resize";

interface Case {
  readonly case: string;
  readonly input: ImageInput;
  readonly output: Output;
  readonly width: number;
  readonly height: number;
  readonly method: string;
  readonly dtype?: "uint8" | "float32";
  readonly antialias?: boolean;
  readonly box?: [number, number, number, number];
}

/** Of float32 on the scale 0 … 255, by which the tools differ among themselves, too. */
const noise = 4e-4;

const libraries: Record<string, ResizeLibrary> = {
  pil: "pillow",
  cv2: "opencv",
  tf: "tensorflow",
  torch: "torch",
};

async function check(library: string, each: Case, folder = "") {
  const like = libraries[library]!;
  const { width, height, method, antialias, box } = each;
  const bytes = await inputImage(each.input, folder);
  const float = like === "tensorflow" || like === "torch" || each.dtype === "float32";
  const options: ResizeOptions = { like, width, height, method, ...(box && { box }), ...(antialias && { antialias }) }; // prettier-ignore
  const got = resize(float ? asFloat(bytes) : bytes, options);
  expect(got.dtype).toBe(each.output.dtype);
  expectImage(got, each.output, float ? noise : 0);
}

const fixture = (name: string): Record<string, Case[]> =>
  JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), "utf8"));

describe.each([
  ...Object.entries(fixture("resizing")),
  ...Object.entries(fixture("resizing_ties")),
])("resize as %s", (library, cases) => {
  it.each(cases)("$case", (each) => check(library, each));
});

describeWithShared("resize: every reference", "reference/images", (folder) => {
  const load = (file: string) => JSON.parse(readFileSync(`${folder}/resizing/${file}.json`, "utf8")).cases; // prettier-ignore

  describe.each(Object.keys(libraries))("%s", (library) => {
    it.each<Case>(load(library))("$case", (each) => check(library, each, folder));
  });

  describe("keras.layers", () => {
    const cases = load("keras").filter((each: { layer: string }) => ["Resizing", "CenterCrop"].includes(each.layer)); // prettier-ignore
    it.each<Case & { layer: string; config: Record<string, never> }>(cases)(
      "$case",
      async ({ input, output, layer, config }) => {
        const image = asFloat(await inputImage(input, folder));
        const [height, width] = image.shape as [number, number];
        const size = { width: config["width"]!, height: config["height"]! };
        const small = size.width > width || size.height > height;
        const got =
          layer === "Resizing"
            ? resizing(image, {
                ...size,
                interpolation: config["interpolation"]!,
                cropToAspectRatio: config["crop_to_aspect_ratio"]!,
                padToAspectRatio: config["pad_to_aspect_ratio"]!,
                fillValue: config["fill_value"]!,
                antialias: config["antialias"]!,
              })
            : small
              ? resizing(image, { ...size, cropToAspectRatio: true })
              : centerCrop(image, size);
        expectImage(got, output, noise);
      },
    );
  });

  describe("keras.utils.load_img", () => {
    it.each<
      Case & { target_size: [number, number]; interpolation: string; keep_aspect_ratio: boolean }
    >(load("load_img"))(
      // prettier-ignore
      "$case",
      async (each) => {
        const [height, width] = each.target_size;
        const got = loadImg(await inputImage(each.input, folder), {
          width,
          height,
          interpolation: each.interpolation,
          keepAspectRatio: each.keep_aspect_ratio,
        });
        expectImage(got, each.output, 0);
      },
    );
  });

  describe("keras.utils.image_dataset_from_directory", () => {
    it.each<
      Case & {
        image_size: [number, number];
        interpolation: string;
        crop_to_aspect_ratio: boolean;
        pad_to_aspect_ratio: boolean;
      }
    >(load("image_dataset_from_directory"))(
      // prettier-ignore
      "$case",
      async (each) => {
        const [height, width] = each.image_size;
        const options = { width, height, interpolation: each.interpolation };
        const image = await inputImage(each.input, folder);
        const got = each.pad_to_aspect_ratio
          ? resizeWithPad(image, options)
          : resizing(image, { ...options, cropToAspectRatio: each.crop_to_aspect_ratio });
        expectImage(got, each.output, noise);
      },
    );
  });

  it("sizes of the short side, and where the middle begins", () => {
    const cases = load("sizes");
    expect(cases.length).toBeGreaterThan(50);
    for (const each of cases) {
      const [width, height] = each.size;
      const size = shortSideSize({ width, height }, each.resize);
      expect([size.width, size.height]).toEqual(each.torchvision_resized);
      expect([size.width, size.height]).toEqual(each.published_resized);
      const begin = (rounding: "floor" | "half-even") =>
        [size.width, size.height].map((own) => centerBegin(own - each.crop, rounding));
      expect(begin("half-even")).toEqual(each.torchvision_crop_left_top);
      expect(begin("floor")).toEqual(each.published_crop_left_top);
    }
  });

  it("the middle of images that are smaller", () => {
    for (const { width, height, crop: side, output } of load("center_crop_small")) {
      const pixels = Uint8Array.from({ length: width * height }, (_, i) => i + 1);
      const image = tensor("uint8", [height, width, 1], pixels);
      expectImage(centerCrop(image, { width: side, height: side, rounding: "half-even" }), output, 0); // prettier-ignore
    }
  });
});

describe("what resize, crop and pad refuse", () => {
  const image = tensor("uint8", [4, 6, 3]);
  it.each([
    ["unknown-name", () => resize(image, { width: 2, height: 2, like: "pil" as "pillow" })],
    ["unknown-name", () => resize(image, { width: 2, height: 2, method: "cubic" })],
    ["unknown-option", () => resize(image, { width: 2, height: 2, size: 3 } as never)],
    ["bad-argument", () => resize(image, { width: 0, height: 2 })],
    ["bad-argument", () => resize(image, { width: 2.5, height: 2 })],
    ["bad-argument", () => resize(image, { width: 2, height: 2, alpha: "no" as never })],
    ["bad-argument", () => resizing(image, { width: 2, height: 2, cropToAspectRatio: "false" as never })], // prettier-ignore
    ["bad-argument", () => loadImg(image, { width: 2, height: 2, keepAspectRatio: 1 as never })],
    ["bad-argument", () => resizeWithPad(image, { width: 2, height: 2, antialias: 1 as never })],
    ["bad-argument", () => resize(asFloat(image), { width: 2, height: 2 })],
    ["bad-argument", () => resize(image, { width: 2, height: 2, antialias: false })],
    ["bad-argument", () => resize(image, { width: 2, height: 2, like: "opencv", antialias: true })],
    ["bad-argument", () => resize(image, { width: 2, height: 2, box: [0, 0, 7, 4] })],
    ["bad-argument", () => resize(image, { width: 2, height: 2, box: [3, 0, 3, 4] })],
    [
      "bad-argument",
      () => resize(image, { width: 2, height: 2, like: "torch", box: [0, 0, 1, 1] }),
    ],
    ["bad-shape", () => resize(tensor("uint8", [1, 4, 6, 3]), { width: 2, height: 2 })],
    ["bad-shape", () => resize(tensor("uint8", [0, 6, 3]), { width: 2, height: 2 })],
    ["bad-shape", () => resizeWithPad(tensor("uint8", [1, 7, 3]), { width: 6, height: 6 })],
    ["bad-argument", () => resize("image.jpg" as never, { width: 2, height: 2 })],
    ["bad-argument", () => crop(image, { left: 3, top: 0, width: 4, height: 4 })],
    ["bad-argument", () => centerCrop(image, { width: 5, height: 5 })],
    ["bad-argument", () => pad(image, { left: -1 })],
    ["bad-argument", () => pad(image, { mode: "wrap" as "edge" })],
    ["bad-argument", () => pad(image, { value: [1, 2] })],
  ] as const)("%s: %s", (code, refused) => {
    expect(refused).toThrow(expect.objectContaining({ code }));
  });

  it("leaves its argument as it is, and gives another array", () => {
    const pixels = Uint8Array.from({ length: 72 }, (_, i) => i);
    const own = tensor("uint8", [4, 6, 3], pixels.slice());
    const same = resize(own, { width: 6, height: 4 });
    expect(same.data).toEqual(pixels);
    expect(same.data).not.toBe(own.data);
    resize(own, { width: 3, height: 2 });
    expect(own.data).toEqual(pixels);
  });
});
