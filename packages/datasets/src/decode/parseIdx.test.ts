import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { isCajalError, tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { parseIdx } from "./parseIdx";

/** Bytes of an IDX file, written by hand. */
const idx = (code: number, shape: number[], body: number[]) =>
  Uint8Array.of(
    0,
    0,
    code,
    shape.length,
    ...shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]),
    ...body,
  );

const small = idx(0x08, [2, 3], [1, 2, 3, 4, 5, 255]);

/** The code of the error that reading these bytes gives; undefined if they are read. */
function problem(bytes: Uint8Array): string | undefined {
  try {
    parseIdx(bytes);
    return undefined;
  } catch (error) {
    return isCajalError(error) ? error.code : "not a CajalError";
  }
}

describe("reads", () => {
  it("bytes, as a view of the file", () => {
    const read = parseIdx(small);
    expect(read).toEqual(tensor("uint8", [2, 3], [1, 2, 3, 4, 5, 255]));
    expect(read.data.buffer).toBe(small.buffer);
  });

  it.each([
    [0x09, [0xff, 0x7f], tensor("int8", [2], [-1, 127])],
    [0x0b, [0xff, 0xfe, 0x01, 0x00], tensor("int16", [2], [-2, 256])],
    [0x0c, [0xff, 0xff, 0xff, 0xfd, 0, 1, 0, 0], tensor("int32", [2], [-3, 65536])],
    [0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0], tensor("float32", [2], [1, -2.5])],
    [
      0x0e,
      [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0x04, 0, 0, 0, 0, 0, 0],
      tensor("float64", [2], [1, -2.5]),
    ],
  ])("type %i, big-endian", (code, body, wanted) =>
    expect(parseIdx(idx(code, [2], body))).toEqual(wanted),
  );

  it("from the middle of a buffer", () => {
    const at = new Uint8Array(small.length + 3);
    at.set(small, 3);
    expect(parseIdx(at.subarray(3))).toEqual(parseIdx(small));
    const words = idx(0x0c, [1], [0, 0, 0, 7]);
    const odd = new Uint8Array(words.length + 1);
    odd.set(words, 1);
    expect(parseIdx(odd.subarray(1))).toEqual(tensor("int32", [1], [7]));
  });

  it("no examples, and a scalar", () => {
    expect(parseIdx(idx(0x08, [0, 28, 28], [])).shape).toEqual([0, 28, 28]);
    expect(parseIdx(idx(0x08, [], [9]))).toEqual(tensor("uint8", [], [9]));
  });
});

describe("refuses with bad-file", () => {
  it("every shorter piece of a file, and every longer one", () => {
    for (let length = 0; length < small.length; length++)
      expect([length, problem(small.slice(0, length))]).toEqual([length, "bad-file"]);
    expect(problem(Uint8Array.of(...small, 0))).toBe("bad-file");
  });

  it("every flipped bit of the header, but the one that turns uint8 into int8", () => {
    const header = 12;
    const undetected: string[] = [];
    for (let at = 0; at < header; at++)
      for (let bit = 0; bit < 8; bit++) {
        const flipped = small.slice();
        flipped[at]! ^= 1 << bit;
        const actual = problem(flipped);
        if (actual === undefined) undetected.push(`byte ${at} bit ${bit}`);
        else expect(actual).toBe("bad-file");
      }
    // Both types have one byte an element: only a checksum of the file sees it.
    expect(undetected).toEqual(["byte 2 bit 0"]);
  });

  it.each([
    ["a gzip file", Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0), /gunzip/],
    ["another magic number", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0), /89 50 4e 47/],
    ["an unknown type", idx(0x0a, [1], [0]), /00 00 0a 01/],
    ["little-endian extents", Uint8Array.of(0, 0, 8, 1, 2, 0, 0, 0, 7, 7), /uint8 \[33554432\]/],
    ["extents beyond any memory", idx(0x0e, [0xffffffff, 0xffffffff], []), /truncated/],
  ])("%s, saying what was got", (_, bytes, message) => {
    expect(problem(bytes)).toBe("bad-file");
    expect(() => parseIdx(bytes, { name: "images" })).toThrow(message);
    expect(() => parseIdx(bytes, { name: "images" })).toThrow(/^images: /);
  });
});

describeWithShared("the official files", "data/mnist", (folder) => {
  // The MD5s published for the unpacked files: parseIdx gives the content on, byte for byte.
  it.each([
    ["train-images-idx3-ubyte", [60000, 28, 28], "6bbc9ace898e44ae57da46a324031adb"],
    ["train-labels-idx1-ubyte", [60000], "a25bea736e30d166cdddb491f175f624"],
    ["t10k-images-idx3-ubyte", [10000, 28, 28], "2646ac647ad5339dbf082846283269ea"],
    ["t10k-labels-idx1-ubyte", [10000], "27ae3e4e09519cfbb04c329615203637"],
  ])("%s", (name, shape, md5) => {
    const bytes = gunzipSync(readFileSync(`${folder}/${name}.gz`));
    const read = parseIdx(bytes);
    expect(read.shape).toEqual(shape);
    const header = bytes.subarray(0, 4 + 4 * shape.length);
    expect(read.dtype).toBe("uint8");
    const hash = createHash("md5").update(header).update(read.data);
    expect(hash.digest("hex")).toBe(md5);
  });
});
