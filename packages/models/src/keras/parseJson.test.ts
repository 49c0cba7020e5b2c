import { describe, expect, it } from "vitest";
import { readKeras } from "./readKeras";
import { parseJson, writeJson } from "./parseJson";

const text = '{ "class_name": "Sequential", "config": { "layers": [] } }';

describe("text of a model", () => {
  it("with Python's NaN and Infinity among its numbers", () => {
    const python = String.raw`{ "a": NaN, "b": [-Infinity, Infinity, 1], "c": "NaN, \"Infinity\"" }`;
    const read = parseJson(python);
    expect(read).toEqual({ a: NaN, b: [-Infinity, Infinity, 1], c: 'NaN, "Infinity"' });
  });

  it("with NaN beside texts of any length", () => {
    const long = 'NaN"'.repeat(2 ** 22);
    expect(parseJson(`{ "a": ${JSON.stringify(long)}, "b": NaN }`)).toEqual({ a: long, b: NaN });
  });

  it("written with the numbers that JSON has not, the infinities so that all read them", () => {
    const value = { a: NaN, b: [-Infinity, Infinity, 1, null], c: 'NaN, "Infinity"', d: undefined };
    const text = writeJson(value);
    expect(text).toBe(String.raw`{"a":NaN,"b":[-1e999,1e999,1,null],"c":"NaN, \"Infinity\""}`);
    expect(parseJson(text)).toEqual(value);
    expect(JSON.parse(writeJson({ b: value.b }))).toEqual({ b: value.b });
    expect(writeJson({ a: 1, b: [1] }, (key, each) => (key === "a" ? -Infinity : each))).toBe('{"a":-1e999,"b":[1]}'); // prettier-ignore
  });

  it.each([
    ["UTF-8", [] as number[], "utf8"],
    ["UTF-8 with a byte order mark", [0xef, 0xbb, 0xbf], "utf8"],
    ["UTF-16, little endian", [0xff, 0xfe], "utf16le"],
  ] as const)("as bytes of %s", (_, byteOrderMark, encoding) => {
    const bytes = Uint8Array.from([...byteOrderMark, ...Buffer.from('{ "é": 1 }', encoding)]);
    expect(parseJson(bytes)).toEqual({ é: 1 });
  });

  it("as bytes of UTF-16, big endian", () => {
    const little = Buffer.from('\uFEFF{ "é": 1 }', "utf16le");
    expect(parseJson(Uint8Array.from(little.swap16()))).toEqual({ é: 1 });
  });

  it("with a byte order mark in the text", () =>
    expect(parseJson(`\uFEFF${text}`)).toEqual(JSON.parse(text)));

  it("says what is wrong", () => {
    const utf16 = Buffer.from(text, "utf16le").toString("latin1");
    for (const [content, code, message] of [
      ["{", "bad-file", "not JSON"],
      [utf16, "bad-file", "UTF-16"],
      ["5", "bad-model", "got 5"],
      ["null", "bad-model", "got null"],
      ["[]", "bad-model", "got []"],
      ['{ "modelTopology": "7" }', "bad-model", "got 7"],
      [text, "bad-model", "no layers"],
    ])
      expect(() => readKeras(content!)).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(message!) }),
      );
  });
});
