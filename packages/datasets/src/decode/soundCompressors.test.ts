import { snappyUncompress } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { describe, expect, it } from "vitest";
import { soundCompressors } from "./soundCompressors";

const { SNAPPY, LZ4, LZ4_RAW } = soundCompressors(snappyUncompress, { LZ4: compressors.LZ4!, LZ4_RAW: compressors.LZ4_RAW! }); // prettier-ignore
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const ascii = (word: string) => [...new TextEncoder().encode(word)];

describe("Snappy", () => {
  // "abcd", then copies of every kind: 1 byte of offset and three bits in the tag, 2 bytes, 4 bytes.
  const all = [16, 0x0c, ...ascii("abcd"), 0x01, 4, 0x0e, 8, 0, 0x0f, 1, 0, 0, 0];

  it.each([
    ["every kind of copy", all, "abcdabcdabcddddd"],
    ["a literal with its length in four bytes", [4, 0xfc, 3, 0, 0, 0, ...ascii("abcd")], "abcd"],
  ])("is unpacked: %s", (_, bytes, expected) => {
    expect(text(SNAPPY!(Uint8Array.from(bytes), expected.length))).toBe(expected);
  });

  it.each([
    // hyparquet reads −2³¹ + 1, goes back so far and then forwards, a byte a step.
    ["a literal of 2³¹ + 1 bytes", [4, 0xfc, 0, 0, 0, 0x80, ...ascii("abcd")]],
    ["a literal of 2³² − 4 bytes, back to its own tag", [4, 0xfc, 0xfa, 0xff, 0xff, 0xff, 0, 97]],
    // Behind what is written there are zeros: hyparquet copies these.
    ["a copy from 2³² − 4 bytes before", [8, 0x0c, ...ascii("abcd"), 0x0f, 0xfc, 0xff, 0xff, 0xff]],
    ["a copy from before the start", [8, 0x0c, ...ascii("abcd"), 0x0e, 5, 0]],
    ["a copy from 0 bytes before", [8, 0x0c, ...ascii("abcd"), 0x0e, 0, 0]],
    ["more bytes than the page has", [9, 0x0c, ...ascii("abcd"), 0x12, 4, 0]],
    ["fewer bytes than the page has", [8, 0x0c, ...ascii("abcd")]],
    ["a literal that is cut off", [8, 0x1c, ...ascii("abcd")]],
    ["nothing", []],
  ])("is refused: %s", (_, bytes) => {
    expect(() => SNAPPY!(Uint8Array.from(bytes), 8)).toThrow(/packed|copies/);
  });
});

describe("LZ4 in Hadoop's frames", () => {
  const block = [0x40, ...ascii("abcd")];
  const frame = [0, 0, 0, 4, 0, 0, 0, block.length, ...block];

  it.each([
    ["a frame", frame, "abcd"],
    ["two frames", [...frame, ...frame], "abcdabcd"],
    ["a block without a frame", block, "abcd"],
  ])("is unpacked: %s", (_, bytes, expected) => {
    expect(text(LZ4!(Uint8Array.from(bytes), expected.length))).toBe(expected);
  });

  // pyarrow's dictionary of a column of nulls: the end of a block without literals.
  it("is nothing where nothing was packed", () => {
    expect(LZ4_RAW!(Uint8Array.of(0), 0)).toEqual(new Uint8Array());
    expect(LZ4!(Uint8Array.of(0), 0)).toEqual(new Uint8Array());
    expect(LZ4!(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0), 0)).toEqual(new Uint8Array());
    expect(() => LZ4_RAW!(Uint8Array.of(0), 1)).toThrow(/offset out of range/);
  });

  // −8: the next frame is this one again, for ever.
  it("does not go back by a negative size", () => {
    const bytes = Uint8Array.from([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xf8, ...frame]);
    expect(() => LZ4!(bytes, 8)).toThrow(/offset out of range/);
  });
});
