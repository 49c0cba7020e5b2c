// .npy, .npz and zip against files that NumPy and Python's zipfile wrote.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isCajalError, tensor, type Tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { bytesSource } from "../byteSource";
import { bySlices, crc32 } from "./crc32";
import { decodeNpy, encodeNpy } from "./npy";
import { encodeNpz, openNpz } from "./npz";
import { encodeZip, needEntry, openZip } from "./zip";

const text = new TextEncoder();

it("crc32 gives the published check value", () => {
  expect(crc32(text.encode("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
  expect(crc32(text.encode("56789"), crc32(text.encode("1234")))).toBe(0xcbf43926);
  expect(bySlices(text.encode("123456789"), 0)).toBe(0xcbf43926);
  expect(bySlices(text.encode("56789"), bySlices(text.encode("1234"), 0))).toBe(0xcbf43926);
});

describe("npy", () => {
  it("is what numpy.save writes", () => {
    // numpy.save of numpy.arange(3, dtype="<i2"), NumPy 2.4.6
    const header = "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }";
    const bytes = encodeNpy(tensor("int16", [3], [0, 1, 2]));
    expect(bytes.length).toBe(128 + 6);
    expect(Buffer.from(bytes.subarray(0, 128)).toString("latin1")).toBe(
      `\x93NUMPY\x01\x00\x76\x00${header.padEnd(117)}\n`,
    );
    expect([...bytes.subarray(128)]).toEqual([0, 0, 1, 0, 2, 0]);
  });

  it.each([
    tensor("float32", [2, 3], [1, -2, 3, 4, 5, Number.NaN]),
    tensor("bool", [], [1]),
    tensor("int64", [0, 4]),
    tensor("float16", [1], [15360]),
  ])("$dtype $shape survives", (array) => expect(decodeNpy(encodeNpy(array))).toEqual(array));
});

describe("zip", () => {
  const files = new Map([
    ["a/ñ.txt", text.encode("hello")],
    ["empty", new Uint8Array()],
  ]);

  it("survives writing and reading", async () => {
    const entries = await openZip(bytesSource(encodeZip(files)));
    expect([...entries.keys()]).toEqual([...files.keys()]);
    for (const [name, data] of files)
      expect([...(await needEntry(entries, name, "it").read())]).toEqual([...data]);
    expect(() => needEntry(entries, "other", "it")).toThrow(/member of it "other".*a\/ñ.txt/);
  });

  /** The same archive with the ends that one above 4 GB has (APPNOTE.TXT 4.3.14 and 4.3.15). */
  const withEnd64 = (zip: Uint8Array): Uint8Array => {
    const end = zip.length - 22;
    const old = new DataView(zip.buffer, end);
    const added = new DataView(new ArrayBuffer(76));
    added.setUint32(0, 0x06064b50, true);
    added.setUint32(4, 44, true);
    for (const at of [24, 32]) added.setUint32(at, old.getUint16(10, true), true);
    added.setUint32(40, old.getUint32(12, true), true);
    added.setUint32(48, old.getUint32(16, true), true);
    added.setUint32(56, 0x07064b50, true);
    added.setUint32(64, end, true);
    return Buffer.concat([zip.subarray(0, end), new Uint8Array(added.buffer), zip.subarray(end)]);
  };
  const inEnd = (zip: Uint8Array, at: number, value: number) => {
    new DataView(zip.buffer, zip.byteOffset + zip.length - 22).setUint32(at, value, true);
    return zip;
  };
  it.each<[string, Uint8Array]>([
    ["beside numbers that fit, as PyTorch writes", withEnd64(encodeZip(files))],
    ["alone with the numbers", inEnd(withEnd64(encodeZip(files)), 16, 0xffffffff)],
    ["behind what stands before the archive", Buffer.concat([text.encode("#!/bin/sh\n"), withEnd64(encodeZip(files))])], // prettier-ignore
  ])("reads a zip64 end %s", async (_, bytes) => {
    const entries = await openZip(bytesSource(bytes));
    for (const [name, data] of files)
      expect([...(await needEntry(entries, name, "it").read())]).toEqual([...data]);
  });

  it.each(["c:0/kernel", "../up", "/root", "a\0b"])(
    "writes no file %j, which is not read",
    (name) => {
      const array = tensor("float32", [1]);
      expect(() => encodeNpz(new Map([[name, array]]))).toThrow(
        expect.objectContaining({ code: "bad-argument", message: expect.stringMatching(/^zip: got a file .*whose path/) }), // prettier-ignore
      );
    },
  );

  it("says that a zip64 end is missing", async () => {
    const bytes = inEnd(encodeZip(files), 16, 0xffffffff);
    await expect(openZip(bytesSource(bytes))).rejects.toThrow(/zip64 end is not where/);
  });

  it("finds every changed byte of a member", async () => {
    const bytes = encodeZip(files);
    const at = 30 + text.encode("a/ñ.txt").length;
    bytes[at] = bytes[at]! ^ 1;
    const entry = (await openZip(bytesSource(bytes))).get("a/ñ.txt");
    await expect(entry!.read()).rejects.toThrow(/CRC-32/);
  });
});

it("npz survives writing and reading", async () => {
  const arrays = new Map<string, Tensor>([
    ["conv/kernel", tensor("float32", [1, 2], [3, 4])],
    ["n", tensor("uint8", [], [7])],
  ]);
  const read = await openNpz(bytesSource(encodeNpz(arrays)));
  for (const [name, array] of arrays) expect(await read.get(name)!.read()).toEqual(array);
});

it.each(["0, 99999999999999999999", `0, ${"9".repeat(400)}`, "9007199254740991, 3"])("says of which file a .npy of shape (%s) is", (shape) => {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`;
  const bytes = Uint8Array.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length & 255, header.length >> 8, ...Buffer.from(header)]);
  expect(() => decodeNpy(bytes, "a.npy")).toThrow(expect.objectContaining({ code: "bad-file", message: expect.stringMatching(/^a\.npy: its shape .* is too large/) }));
}); // prettier-ignore

interface Case {
  file: string;
  expect: string;
  arrays?: { name: string; shape: number[]; dtype: string; sha256?: string; data?: number[] }[];
}
const casesOf = (path: string) =>
  (JSON.parse(readFileSync(`${path}/expected.json`, "utf8")) as { cases: Case[] }).cases;
const caj = (error: unknown): undefined => {
  if (!isCajalError(error)) throw error;
};
const readAll = async (path: string, file: string): Promise<Map<string, Tensor>> => {
  const bytes = new Uint8Array(readFileSync(`${path}/${file}`));
  if (file.endsWith(".npy")) return new Map([["", decodeNpy(bytes, file)]]);
  const arrays = new Map<string, Tensor>();
  for (const [name, array] of await openNpz(bytesSource(bytes, file)))
    arrays.set(name, await array.read());
  return arrays;
};

describeWithShared("arrays that NumPy wrote", "reference/files/arrays", (path) => {
  const cases = casesOf(path).filter(({ file }) => /\.np[yz]$/.test(file));
  it.each(cases.map((one) => [one.file, one] as const))("%s", async (file, one) => {
    const arrays = await readAll(path, file).catch(caj);
    if (!arrays) return expect(one.expect).toMatch(/error/);
    for (const { name, shape, sha256, data } of one.arrays ?? []) {
      const array = arrays.get(name);
      expect(array?.shape, name).toEqual(shape);
      const digest = createHash("sha256").update(new Uint8Array(array!.data.buffer)).digest("hex");
      // Those of big-endian files are of the file's own bytes.
      if (!/be_|big_endian|unicode_names/.test(file)) expect(digest).toBe(sha256);
      if (data && array!.dtype !== "float16") expect([...array!.data].map(Number)).toEqual(data);
    }
    expect(arrays.size).toBe(one.arrays?.length);
  });
});

describeWithShared("broken arrays", "reference/files/broken/npy", (path) => {
  const cases = casesOf(`${path}/..`).filter(({ file }) => file.startsWith("npy/"));
  it.each(cases.map((one) => [one.file.slice(4), one] as const))("%s", async (file, one) => {
    const arrays = await readAll(path, file).catch(caj);
    if (arrays) expect(one.expect).toMatch(/^reads/);
    else expect(one.expect).toMatch(/error/);
  });
});

describeWithShared("damaged archives", "reference/files/broken/keras", (path) => {
  const cases = casesOf(`${path}/..`).filter(({ file }) => file.startsWith("keras/"));
  // What is wrong with these lies inside their members.
  const inside = /^(no_|config_|weights_|class_is|is_hdf5|in_a_folder)/;
  const archives = cases.filter(({ file }) => !inside.test(file.slice("keras/".length)));
  it.each(archives.map((one) => [one.file.slice(6), one] as const))("%s", async (file, one) => {
    const read = async () => {
      const bytes = new Uint8Array(readFileSync(`${path}/${file}`));
      const entries = await openZip(bytesSource(bytes, file));
      for (const name of ["config.json", "model.weights.h5"]) {
        const member = needEntry(entries, name, file);
        const source = await member.open();
        expect(await source.read(0, source.size)).toEqual(await member.read(10_000_000));
      }
      return true;
    };
    if (await read().catch(caj)) expect(one.expect).toMatch(/^loads/);
    else expect(one.expect).toMatch(/error/);
  });
});
