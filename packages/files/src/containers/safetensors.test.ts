import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isCajalError, tensor, type Tensor } from "@cajal/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { bytesSource } from "../byteSource";
import { decodeSafetensors, encodeSafetensors, openSafetensors } from "./safetensors";

/** A file with this header, and data of so many bytes. */
function file(header: unknown, data = 0): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const code = (bytes: Uint8Array) => {
  try {
    decodeSafetensors(bytes);
  } catch (error) {
    return isCajalError(error) ? error.code : error;
  }
  return "read";
};

interface Case {
  file: string;
  expect: string;
  metadata?: Record<string, string>;
  arrays?: { name: string; shape: number[]; dtype: string; sha256?: string; data?: number[] }[];
}

describeWithShared("files of the format's own library", "reference/files/arrays", (path) => {
  const { cases } = JSON.parse(readFileSync(`${path}/expected.json`, "utf8")) as { cases: Case[] };
  const files = cases.filter(({ file }) => file.endsWith(".safetensors"));
  it.each(files)("$file", async ({ file, expect: expected, metadata = {}, arrays }) => {
    const bytes = new Uint8Array(readFileSync(`${path}/${file}`));
    const answer = code(bytes);
    if (answer !== "read") return expect(expected).toContain("error");
    expect(expected).toMatch(/^read|or read/);
    const read = decodeSafetensors(bytes);
    expect(read.metadata).toEqual(metadata);
    if (arrays) expect(read.tensors.size).toBe(arrays.length);
    for (const { name, shape, dtype, sha256, data } of arrays ?? []) {
      const array = read.tensors.get(name)!;
      expect(array.shape).toEqual(shape);
      expect(array.dtype).toBe(dtype === "bfloat16" ? "float32" : dtype);
      const digest = createHash("sha256").update(new Uint8Array(array.data.buffer)).digest("hex");
      if (dtype !== "bfloat16" && sha256) expect(digest).toBe(sha256);
      if (data && array.dtype !== "float16") expect([...array.data].map(Number)).toEqual(data);
    }
    const opened = await openSafetensors(bytesSource(bytes));
    expect(opened.metadata).toEqual(metadata);
    for (const [name, tensor] of read.tensors)
      expect(await opened.tensors.get(name)!.read()).toEqual(tensor);
  });
});

describe("safetensors", () => {
  it("writes the bytes that the format's own library writes", () => {
    // safetensors 0.8.0: save({"a": np.array([[1, 2]], np.float32)}).hex()
    const expected =
      "38000000000000007b2261223a7b226474797065223a22463332222c227368617065223a5b312c325d2c22646174615f6f666673657473223a5b302c385d7d7d0000803f00000040";
    const bytes = encodeSafetensors({
      tensors: new Map([["a", tensor("float32", [1, 2], [1, 2])]]),
      metadata: {},
    });
    expect(Buffer.from(bytes).toString("hex")).toBe(expected);
  });

  it("gives back what it wrote", () => {
    const tensors = new Map<string, Tensor>([
      ["bytes", tensor("uint8", [3], [1, 2, 255])],
      ["halves", tensor("float16", [1], [0x3c00])],
      ["scalar", tensor("float64", [], [Math.PI])],
      ["none", tensor("float32", [0, 4])],
      ["wide", tensor("int64", [2], [-1, 2 ** 40])],
      ["yes", tensor("bool", [2], [1, 0])],
      ["__proto__", tensor("int32", [1], [7])],
    ]);
    const metadata = { format: "pt", note: "„Ramón“ \u0000" };
    const read = decodeSafetensors(encodeSafetensors({ tensors, metadata }));
    expect(read.metadata).toEqual(metadata);
    expect(read.tensors).toEqual(tensors);
  });

  it("refuses what is hostile, without allocating for it", () => {
    const entry = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
    expect(code(file({ a: entry }, 4))).toBe("read");
    const repeatedKeys = [
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      '{"a":{"dtype":"F32","shape":[1],"shape" :[1],"data_offsets":[0,4]}}',
    ];
    const bad: [unknown, number][] = [
      ...repeatedKeys.map((header): [string, number] => [header, 4]),
      ["{", 0],
      ["[]", 0],
      ["null", 0],
      [{ a: null }, 4],
      [{ a: { ...entry, shape: [-1] } }, 4],
      [{ a: { ...entry, shape: [0.5] } }, 4],
      [{ a: { ...entry, shape: [2 ** 40, 2 ** 40] } }, 4],
      [{ a: { ...entry, shape: [1e300, 0] } }, 4],
      [{ a: { ...entry, data_offsets: [4, 0] } }, 4],
      [{ a: { ...entry, data_offsets: [0, 8] } }, 4],
      [{ a: { ...entry, data_offsets: [0, 4, 4] } }, 4],
      [{ a: { ...entry, data_offsets: [1, 5] } }, 5],
      [{ a: entry, b: entry }, 4],
      [{ a: entry }, 5],
      [{ a: entry, __metadata__: { x: 1 } }, 4],
      [{ a: entry, __metadata__: [] }, 4],
    ];
    for (const [header, data] of bad)
      expect([header, code(file(header, data))]).toEqual([header, "bad-file"]);
    expect(code(file({ a: { ...entry, dtype: "F8_E4M3" } }, 4))).toBe("unsupported");
    const huge = new Uint8Array(16).fill(255);
    expect(code(huge)).toBe("bad-file");
    expect(code(new Uint8Array(7))).toBe("bad-file");
  });

  it("takes names that JavaScript's objects have taken", () => {
    const names = ["__proto__", "constructor", "toString", "length", "__metadata_"];
    const tensors = new Map(names.map((name, i) => [name, tensor("float32", [1], [i])]));
    const metadata = Object.fromEntries(names.map((name) => [name, name]));
    const read = decodeSafetensors(encodeSafetensors({ tensors, metadata }));
    expect(read.tensors).toEqual(tensors);
    expect(Object.entries(read.metadata)).toEqual(names.map((name) => [name, name]));
    expect(Object.getPrototypeOf(read.metadata)).toBe(Object.prototype);
  });

  it("reads texts of any length in its header, and keys of quotes, braces and colons", () => {
    const metadata = { long: "x".repeat(2 ** 24), quoted: '"'.repeat(2 ** 22), '{":"}\\': '":{', ":": "" };
    const tensors = new Map([["a", tensor("float32", [1], [2])]]);
    expect(decodeSafetensors(encodeSafetensors({ tensors, metadata }))).toEqual({ tensors, metadata });
  }); // prettier-ignore

  it("answers any damage with an error of its own, or with a file that is well formed", () => {
    const whole = encodeSafetensors({
      tensors: new Map<string, Tensor>([
        ["a", tensor("float32", [2, 3], [1, 2, 3, 4, 5, 6])],
        ["b", tensor("int64", [1], [1])],
      ]),
      metadata: { a: "b" },
    });
    fc.assert(
      fc.property(
        fc.nat(whole.length - 1),
        fc.nat(255),
        fc.nat(whole.length),
        (at, value, length) => {
          const damaged = whole.slice(0, length);
          if (at < length) damaged[at] = value;
          expect(["read", "bad-file", "unsupported"]).toContain(code(damaged));
        },
      ),
      { numRuns: 2000, seed: 1 },
    );
  });
});
