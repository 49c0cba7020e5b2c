// The images that reference cases name: made by formula, or decoded from small PNG files; and how results are
// compared with what other tools gave.
import { createHash } from "node:crypto";
import { tensor, type Tensor } from "@cajal/core";
import { expect } from "vitest";
import { readImage } from "../src/decode/readImage";
import type { Image } from "../src/images/image";

export interface ImageInput {
  readonly kind: "noise" | "blocks" | "file";
  readonly shape: [height: number, width: number, channels: number];
  readonly name?: string;
  readonly file?: string;
}

/** What a tool gave: all values, or, of large ones, the first and the middle row's first 64 pixels. */
export interface Output {
  readonly shape: number[];
  readonly dtype: "uint8" | "float32" | "int64";
  readonly sha256?: string;
  readonly sum: number;
  readonly data?: number[];
  readonly first_row?: number[];
  readonly middle_row?: number[];
}

const fmix32 = (x: number) => {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

const fnv1a = (text: string) =>
  [...Buffer.from(text)].reduce((h, byte) => Math.imul(h ^ byte, 16777619) >>> 0, 2166136261);

/** Word `i` of the reference numbers of that name. */
export const generated = (name: string, i: number) => fmix32(fmix32(i) ^ fnv1a(name));

const images = {
  noise: (name: string, i: number) => generated(`image/${name}`, i) >>> 24,
  blocks: (name: string, i: number, square: number) =>
    (7 * (generated(`image/${name}/squares`, square) >>> 24) +
      (generated(`image/${name}/grain`, i) >>> 24)) >> 3, // prettier-ignore
};

/** @param folder where files are */
export async function inputImage(input: ImageInput, folder = ""): Promise<Image<"uint8">> {
  const [height, width, channels] = input.shape;
  if (input.kind === "file") return readImage(`${folder}/${input.file!}`);
  const name = input.name ?? input.kind;
  const image = tensor("uint8", input.shape);
  for (let i = 0; i < image.data.length; i++) {
    const [x, y] = [Math.floor(i / channels) % width, Math.floor(i / channels / width)];
    const square = ((y >> 2) * 64 + (x >> 2)) * channels + (i % channels);
    image.data[i] = images[input.kind](name, i, square);
  }
  expect(image.shape).toEqual([height, width, channels]);
  return image;
}

export const asFloat = (image: Image): Image<"float32"> =>
  tensor("float32", image.shape, Float32Array.from(image.data));

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Compares with a tool's output; tolerance 0 means every bit, of a hash where there is one. */
export function expectImage(image: Tensor, output: Output, tolerance: number): void {
  expect(image.shape).toEqual(output.shape);
  const data = Array.from(image.data, Number);
  if (tolerance === 0 && output.sha256) {
    expect(sha256(Uint8Array.from(data))).toBe(output.sha256);
    return;
  }
  const [, width, channels] = output.shape as [number, number, number];
  const row = (y: number) =>
    data.slice(y * width * channels).slice(0, Math.min(64, width) * channels);
  const pairs = output.data
    ? [[data, output.data] as const]
    : ([
        [row(0), output.first_row!],
        [row(Math.floor(output.shape[0]! / 2)), output.middle_row!],
      ] as const);
  for (const [got, wanted] of pairs) {
    expect(got.length).toBe(wanted.length);
    const off = got.reduce((most, v, i) => Math.max(most, Math.abs(v - wanted[i]!)), 0);
    expect(off, "largest difference").toBeLessThanOrEqual(tolerance);
  }
  const sum = data.reduce((a, b) => a + b, 0);
  expect(Math.abs(sum - output.sum)).toBeLessThanOrEqual(tolerance * data.length);
}
