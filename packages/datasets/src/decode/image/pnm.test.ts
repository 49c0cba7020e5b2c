// What Pillow 12.3 reads from files of every kind, made by hand.
import { describe, expect, it } from "vitest";
import { decodeImage } from "../decodeImage";

const bytesOf = (text: string, ...pixels: number[]) => Uint8Array.from([...Buffer.from(text, "latin1"), ...pixels]); // prettier-ignore
const greys = (...values: number[]) => values.flatMap((value) => [value, value, value]);

describe("PBM, PGM and PPM", () => {
  const w = 255;
  it.each([
    ["bits in text, with a comment", bytesOf("P1 # bits\n3 2\n1 0 1\n010"), [2, 3, 3], greys(0, w, 0, w, 0, w)], // prettier-ignore
    ["greys in text, of 16 bits", bytesOf("P2\n4 1\n1000\n0 1 5 1000"), [1, 4, 3], greys(0, 66, w, w)], // prettier-ignore
    ["colours in text", bytesOf("P3\n1\t2\n15 7 0 15 1 2 3\n"), [2, 1, 3], [119, 0, 255, 17, 34, 51]], // prettier-ignore
    ["bits", bytesOf("P4 10 2 ", 0xaa, 0xc0, 0x55, 0), [2, 10, 3], greys(0, w, 0, w, 0, w, 0, w, 0, 0, w, 0, w, 0, w, 0, w, 0, w, w)], // prettier-ignore
    ["greys up to 100", bytesOf("P5\n4 1\n100\n", 10, 30, 50, 100), [1, 4, 3], greys(26, 76, 128, w)], // prettier-ignore
    ["greys of 16 bits", bytesOf("P5\n# 16 bits\n3 1\n65535\n", 0, 7, 1, 0, 255, 255), [1, 3, 3], greys(7, w, w)], // prettier-ignore
    ["colours", bytesOf("P6 2 1 255 ", 1, 2, 3, 4, 5, 6), [1, 2, 3], [1, 2, 3, 4, 5, 6]],
    ["colours of 16 bits", bytesOf("P6 1 1 4095\n", 8, 0, 15, 255, 0, 8), [1, 1, 3], [128, 255, 0]], // prettier-ignore
  ])("%s", async (_, bytes, shape, pixels) => {
    const image = await decodeImage(bytes);
    expect([image.shape, [...image.data]]).toEqual([shape, pixels]);
  });

  it.each([
    ["no size", bytesOf("P6\n")],
    ["no largest value", bytesOf("P5 1 1")],
    ["a size that is no number", bytesOf("P5 x 1 255 ", 1)],
    ["a largest value beyond 65535", bytesOf("P5 1 1 65536 ", 1, 2)],
    ["too many pixels", bytesOf("P5 99999999 99999999 255 ", 1)],
    ["a comment behind a number", bytesOf("P5 1 1 255#\n", 1, 2)],
    ["more pixels than it can hold", bytesOf("P2 16384 16384 255 1 2 3")],
    ["bytes that are missing", bytesOf("P6 2 1 255 ", 1, 2, 3, 4, 5)],
    ["bits that are missing", bytesOf("P1 2 2 011")],
    ["a bit that is none", bytesOf("P1 2 1 02")],
    ["a value beyond the largest", bytesOf("P2 2 1 15 15 16")],
    ["a value that is missing", bytesOf("P3 1 1 15 1 2")],
  ])("refuses %s", async (_, bytes) => {
    await expect(decodeImage(bytes)).rejects.toThrow(expect.objectContaining({ code: "bad-file" }));
  });

  it("are not read of TensorFlow", async () => {
    const decoded = decodeImage(bytesOf("P5 1 1 255 ", 1), { like: "tensorflow" });
    await expect(decoded).rejects.toThrow(expect.objectContaining({ code: "unsupported" }));
  });
});
