// Against Pillow: every file that the reference has, and in every clone a few small ones.
import { existsSync, readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { describeWithShared, shared } from "../../../core/testing/shared";
import { tensor, type Allocate } from "../../../core/src/index";
import { crc32 } from "../../../files/src/index";
import { modelFacts } from "../../../models/src/index";
import { sha256 } from "../../testing/images";
import { centerCrop, shortSideSize } from "../images/crop";
import { evaluation } from "../images/evaluation";
import type { Image } from "../images/image";
import { loadImg } from "../images/keras";
import { resize } from "../images/resize";
import { decodeImage } from "./decodeImage";
import { readImage } from "./readImage";

interface Answer {
  readonly shape?: number[];
  readonly sha256?: string;
  readonly first?: number[];
  readonly error?: string;
  readonly same_as?: string;
}

const fixtures = new URL("../../fixtures/decoding/", import.meta.url);
const small: Record<string, Answer> = JSON.parse(
  readFileSync(new URL("expected.json", fixtures), "utf8"),
);

/** Made by make_odd_images.py. */
const odd: {
  name: string;
  file: string;
  shape: number[];
  pixels: number[];
  upright?: { shape: number[]; pixels: number[] };
}[] = JSON.parse(
  // prettier-ignore
  readFileSync(new URL("../../fixtures/odd_images.json", import.meta.url), "utf8"),
);

const summary = (image: Image<"uint8">) => ({
  shape: image.shape,
  first: [...image.data.subarray(0, 3)],
  sha256: sha256(image.data),
});

describe("decodeImage", () => {
  it.each(Object.entries(small))("%s as Pillow", async (file, { shape, first, sha256 }) => {
    const image = await decodeImage(readFileSync(new URL(file, fixtures)));
    expect(summary(image)).toEqual({ shape, first, sha256 });
  });

  it.each(odd)("$name as Pillow", async ({ name, file, shape, pixels, upright }) => {
    const decoded = decodeImage(Buffer.from(file, "base64"));
    // Their formulas are not here, and sharp gives other colours.
    if (/YCbCr$|a\*b|16-bit CMYK|white|signed/.test(name)) return expect(decoded).rejects.toThrow(expect.objectContaining({ code: "unsupported" })); // prettier-ignore
    const image = await decoded;
    expect(image.shape).toEqual(shape);
    expect([...image.data]).toEqual(pixels);
    if (!upright) return;
    const turned = await decodeImage(Buffer.from(file, "base64"), { orientation: "upright" });
    expect({ shape: turned.shape, pixels: [...turned.data] }).toEqual(upright);
  });

  // tf.io.decode_image(file, channels=3, expand_animations=False) of TensorFlow 2.21.
  it.each(odd.filter(({ name }) => name.includes("canvas")))(
    "$name as TensorFlow",
    async ({ file, pixels }) => {
      const image = await decodeImage(Buffer.from(file, "base64"), { like: "tensorflow" });
      // As large as the picture of 3 × 2, which lies at 1, 1 of a canvas 5 wide; black where it does not lie.
      const seen = (x: number) => pixels.slice(3 * (5 + x), 3 * (5 + x) + 3);
      const black = [0, 0, 0];
      expect([image.shape, [...image.data]]).toEqual([[2, 3, 3], [...black, ...black, ...black, ...black, ...seen(1), ...seen(2)]]); // prettier-ignore
    },
  );

  // Made by hand of a PNG of 1 × 2 greys; viewers and Pillow heed the orientation wherever it stands.
  it.each(["before", "behind"])(
    "turns a PNG whose orientation stands %s its pixels",
    async (where) => {
      const chunk = (type: string, data: Uint8Array) => {
        const content = Buffer.concat([Buffer.from(type), data]);
        const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
        length.writeUInt32BE(data.length);
        checksum.writeUInt32BE(crc32(content));
        return Buffer.concat([length, content, checksum]);
      };
      const turn = chunk(
        "eXIf",
        Buffer.from("4d4d002a00000008000101120003000000010006000000000000", "hex"),
      );
      const pixels = chunk("IDAT", deflateSync(Buffer.from([0, 10, 0, 20])));
      const png = Buffer.concat([
        Buffer.from("89504e470d0a1a0a", "hex"),
        chunk("IHDR", Buffer.from("00000001000000020800000000", "hex")),
        ...(where === "before" ? [turn, pixels] : [pixels, turn]),
        chunk("IEND", Buffer.alloc(0)),
      ]);
      expect((await decodeImage(png)).shape).toEqual([2, 1, 3]);
      const upright = await decodeImage(png, { orientation: "upright" });
      expect([upright.shape, [...upright.data]]).toEqual([
        [1, 2, 3],
        [20, 20, 20, 10, 10, 10],
      ]);
    },
  );

  it("says of a TIFF file whose compression sharp lacks that it is not damaged", async () => {
    // A grey pixel compressed by Zstandard (50000).
    const fields = [[256, 1], [257, 1], [258, 8], [259, 50_000], [262, 1], [273, 8], [277, 1], [278, 1], [279, 2]]; // prettier-ignore
    const tiff = Buffer.alloc(10 + 2 + 12 * fields.length + 4);
    tiff.write("II*\0", 0, "latin1");
    tiff.writeUInt32LE(10, 4);
    tiff.writeUInt16LE(fields.length, 10);
    fields.forEach(([tag, value], i) => {
      tiff.writeUInt16LE(tag!, 12 + 12 * i);
      tiff.writeUInt16LE(3, 14 + 12 * i);
      tiff.writeUInt32LE(1, 16 + 12 * i);
      tiff.writeUInt16LE(value!, 20 + 12 * i);
    });
    await expect(decodeImage(tiff)).rejects.toThrow(expect.objectContaining({ code: "unsupported", message: expect.stringContaining("compressed by ZSTD") })); // prettier-ignore
  });

  // As Pillow 12.3 and TensorFlow 2.21 do; libjpeg warns of both.
  it.each(["pillow", "tensorflow"] as const)(
    "takes JPEGs that lack no pixel, like %s",
    async (like) => {
      const sequential = readFileSync(new URL("a_jpeg_noise_420_q75.jpg", fixtures));
      const progressive = await sharp(sequential).jpeg({ progressive: true }).toBuffer();
      for (const bytes of [sequential, progressive]) {
        const whole = await decodeImage(bytes, { like });
        const longer = Buffer.concat([
          bytes.subarray(0, -2),
          Buffer.alloc(100, 7),
          bytes.subarray(-2),
        ]);
        expect(await decodeImage(longer, { like })).toEqual(whole);
        const shorter = bytes.subarray(0, -200);
        await expect(decodeImage(shorter, { like })).rejects.toThrow(expect.objectContaining({ code: "bad-file" })); // prettier-ignore
      }
      const unknown = Buffer.from(sequential);
      const version = sequential.indexOf("JFIF\0") + 5;
      unknown.writeUInt16BE(0, version);
      const expected = await decodeImage(sequential, { like });
      expect(await decodeImage(unknown, { like })).toEqual(expected);
      expect(unknown.readUInt16BE(version)).toBe(0);
    },
  );

  it("takes an ArrayBuffer and a Blob", async () => {
    const [name, { sha256 }] = Object.entries(small)[0]!;
    const bytes = Uint8Array.from(readFileSync(new URL(name, fixtures)));
    expect(summary(await decodeImage(bytes.buffer)).sha256).toBe(sha256);
    expect(summary(await decodeImage(new Blob([bytes]))).sha256).toBe(sha256);
  });

  it.each(["pillow", "tensorflow"] as const)("writes where it is told, like %s", async (like) => {
    const memory = new Uint8Array(2 ** 20).fill(7);
    for (const file of Object.keys(small)) {
      const bytes = readFileSync(new URL(file, fixtures));
      for (const channels of [3, 1] as const) {
        const decoded = await decodeImage(bytes, { like, channels }).catch((error: Error) => error);
        const size = decoded instanceof Error ? 0 : decoded.data.length;
        const allocate: Allocate = (dtype, shape) => {
          expect([dtype, shape.reduce((a, b) => a * b)]).toEqual(["uint8", size]);
          return tensor(dtype, shape, memory.subarray(1, 1 + size) as never);
        };
        const again = await decodeImage(bytes, { like, channels, tensor: allocate }).catch((error: Error) => error); // prettier-ignore
        expect(again, `${file}, ${channels}`).toEqual(decoded);
        if (again instanceof Error) continue;
        expect(again.data.buffer).toBe(memory.buffer);
        expect([memory[0], memory[1 + size]]).toEqual([7, 7]);
        memory.fill(7);
      }
    }
  });

  it("makes grey as convert(L)", async () => {
    const bytes = readFileSync(new URL(Object.keys(small)[0]!, fixtures));
    const [colour, grey] = [await decodeImage(bytes), await decodeImage(bytes, { channels: 1 })];
    const [r, g, b] = colour.data as unknown as [number, number, number];
    expect(grey.shape).toEqual([...colour.shape.slice(0, 2), 1]);
    // By hand: ITU-R 601-2 luma, rounded.
    expect(grey.data[0]).toBe(Math.round(0.299 * r + 0.587 * g + 0.114 * b));
  });

  it.each([
    ["bad-file", () => decodeImage(new Uint8Array(0))],
    ["bad-file", () => decodeImage(new TextEncoder().encode("no image"))],
    ["bad-argument", () => decodeImage("tench.jpg" as never)],
    ["bad-argument", () => decodeImage(new Uint8Array(3), { channels: 4 as 3 })],
    ["bad-argument", () => decodeImage(new Uint8Array(3), { orientation: "up" as "stored" })],
    ["io", () => readImage("/nowhere/image.png")],
    ["bad-argument", () => readImage(7 as never)],
  ] as const)("refuses with %s", async (code, refused) => {
    await expect(refused()).rejects.toThrow(expect.objectContaining({ code }));
  });
});

describeWithShared("decodeImage: every reference", "reference/images", (folder) => {
  const root = folder.replace(/shared\/reference\/images$/, "");
  const cases: { file: string; decoders: Record<string, Answer> }[] = JSON.parse(
    readFileSync(`${folder}/decoding/decode.json`, "utf8"),
  ).cases.filter(({ file }: { file: string }) => existsSync(root + file));

  it.each(cases)("$file", async ({ file, decoders }) => {
    const { pillow, pillow_exif_transposed: transposed } = decoders;
    const decoded = readImage(root + file);
    if (pillow!.error !== undefined) {
      await expect(decoded).rejects.toThrow(expect.objectContaining({ code: "bad-file" }));
      return;
    }
    const { shape, first, sha256 } = pillow!;
    expect(summary(await decoded)).toEqual({ shape, first, sha256 });
    if (transposed?.sha256) {
      const { shape, first, sha256 } = transposed;
      const upright = await readImage(root + file, { orientation: "upright" });
      expect(summary(upright)).toEqual({ shape, first, sha256 });
    }
  });

  it.each(cases)("$file as TensorFlow", async ({ file, decoders }) => {
    const { pillow, tf_decode_image: answer } = decoders;
    const decoded = readImage(root + file, { like: "tensorflow" });
    // What TensorFlow reads of it all the same: CMYK.
    const refused = /cmyk|ycck/.test(file);
    if (answer!.error !== undefined || refused) {
      await expect(decoded).rejects.toThrow(expect.objectContaining({ code: expect.stringMatching(/^(bad-file|unsupported)$/) })); // prettier-ignore
      return;
    }
    const { shape, first, sha256 } = answer!.same_as === "pillow" ? pillow! : answer!;
    expect(summary(await decoded)).toEqual({ shape, first, sha256 });
  });

  const pipelines: { file: string; outputs: Record<string, Answer> }[] = JSON.parse(
    readFileSync(`${folder}/resizing/pipelines.json`, "utf8"),
  ).cases;

  it.each(pipelines)("pipelines of $file", async ({ file, outputs }) => {
    const image = await readImage(root + file);
    const [height, width] = image.shape as [number, number];
    for (const [name, { sha256 }] of Object.entries(outputs)) {
      const part = name.split("_");
      const [side, size] = [Number(part[2]), Number(part.at(-1))];
      const square = { width: size, height: size };
      const encoded =
        part[0] === "torchvision"
          ? centerCrop(
              resize(image, { method: part[1]!, ...shortSideSize({ width, height }, side) }),
              { ...square, rounding: "half-even" },
            )
          : part[0] === "published"
            ? evaluation(modelFacts(size === 224 ? "ResNet50" : "Xception")).pixels(image)
            : loadImg(image, {
                ...square,
                interpolation: part[3]!,
                keepAspectRatio: part.includes("keep"),
              });
      expect(summary(encoded as Image<"uint8">).sha256, name).toBe(sha256);
    }
  });
});

describe("evaluation", () => {
  it("is the recipe of the published accuracies", () => {
    const facts = (name: string) => {
      const { shortSide, width, preprocessing } = evaluation(modelFacts(name));
      return [shortSide, width, preprocessing];
    };
    expect(facts("VGG16")).toEqual([256, 224, "caffe"]);
    expect(facts("Xception")).toEqual([341, 299, "tf"]);
    expect(facts("DenseNet121")).toEqual([256, 224, "torch"]);
  });

  it("refuses a name, and a network that nobody published preprocessing for", () => {
    expect(() => evaluation("ResNet50" as never)).toThrow(/modelFacts\("ResNet50"\)/);
    expect(() => evaluation(modelFacts("LeNet5"))).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
  });

  const path = "reference/images/published-accuracy.json";
  describeWithShared("facts", path, () => {
    const { models } = JSON.parse(readFileSync(shared(path), "utf8"));
    it.each<{ name: string; [key: string]: unknown }>(models)("$name", (each) => {
      const { measured, preprocessing } = modelFacts(each.name);
      expect(preprocessing).toBe(each["preprocess_input"]);
      expect(measured).toEqual({
        shortSide: each["resize_short_side"],
        top1: expect.closeTo(1 - Number(each["top1_error"]) / 100, 8),
        top5: expect.closeTo(1 - Number(each["top5_error"]) / 100, 8),
      });
    });
  });
});
