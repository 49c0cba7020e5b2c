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

  it("is grey to TensorFlow where it has a palette of 8 bits, and not read of other bits", async () => {
    const bytesOf = (name: string) =>
      Uint8Array.from(Buffer.from(cases.find((each) => each.name === name)!.file, "base64"));
    // tf.io.decode_image(file, channels=3) of TensorFlow 2.21: each index three times, rows from the last up.
    const bytes = bytesOf("8 bits (8, 3)");
    const rows = bytes.subarray(-3 * 8);
    const indices = [2, 1, 0].flatMap((y) => [...rows.subarray(8 * y, 8 * y + 8)]);
    const image = await decodeImage(bytes, { like: "tensorflow" });
    expect([...image.data]).toEqual(indices.flatMap((index) => [index, index, index]));
    for (const name of ["1 bits (8, 3)", "4 bits (8, 3)", "16 bits, header 40", "RLE8 runs"])
      await expect(decodeImage(bytesOf(name), { like: "tensorflow" })).rejects.toThrow(expect.objectContaining({ code: "unsupported" })); // prettier-ignore
  });
});
