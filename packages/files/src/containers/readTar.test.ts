import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesSource } from "../byteSource";
import { listTar, readTar, type ReadTarOptions } from "./readTar";

// Archives come from the system's own tar.
let folder = "";
let archive = new Uint8Array();
const long = "long/".padEnd(120, "abcdefghi/") + "end.txt";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cajal-tar-"));
  const files = join(folder, "files");
  mkdirSync(join(files, long, ".."), { recursive: true });
  writeFileSync(join(files, "empty"), "");
  writeFileSync(join(files, "block"), "b".repeat(512));
  writeFileSync(join(files, "odd"), "c".repeat(1000));
  symlinkSync("odd", join(files, "link"));
  writeFileSync(join(files, long), "deep");
  const names = ["empty", "long", "block", "link", "odd"];
  execFileSync("tar", ["--format=ustar", "-cf", join(folder, "a.tar"), "-C", files, ...names]);
  archive = new Uint8Array(readFileSync(join(folder, "a.tar")));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function* chunked(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function members(
  bytes: Uint8Array,
  { size = 2 ** 16, ...options }: Partial<ReadTarOptions> & { size?: number } = {},
) {
  const contents: Record<string, string> = {};
  for await (const { name, content } of readTar(chunked(bytes, size), {
    name: "a.tar",
    limit: 2000,
    ...options,
  }))
    contents[name] = new TextDecoder().decode(content);
  return contents;
}

describe("readTar", () => {
  it.each([1, 7, 512, 700, 2 ** 20])("reads files, in chunks of %i bytes", async (size) => {
    expect(await members(archive, { size })).toEqual({
      empty: "",
      block: "b".repeat(512),
      odd: "c".repeat(1000),
      [long]: "deep",
    });
  });

  it("passes over what is not wanted, whatever its size", async () => {
    const wants = (name: string) => name === "block";
    expect(await members(archive, { wants, limit: 512 })).toEqual({ block: "b".repeat(512) });
  });

  it("keeps its chunks' owner informed when it is left early", async () => {
    let ended = false;
    async function* chunks() {
      try {
        yield* chunked(archive, 512);
      } finally {
        ended = true;
      }
    }
    for await (const member of readTar(chunks(), { name: "a.tar", limit: 2000 }))
      if (member.name === "empty") break;
    expect(ended).toBe(true);
  });

  const within = (content: string) => Buffer.from(archive).indexOf(content);
  const flipped = (at: number) => {
    const bytes = archive.slice();
    bytes[at]! ^= 1;
    return bytes;
  };
  it.each<[string, () => Uint8Array, RegExp]>([
    ["empty", () => new Uint8Array(), /ends after 0 bytes/],
    ["truncated in a header", () => archive.subarray(0, 300), /ends after 300 bytes/],
    ["truncated in a file", () => archive.subarray(0, within("bbb") + 10), /ends after \d+ bytes/],
    ["without its end", () => archive.subarray(0, within("ccc") + 1024), /ends after \d+ bytes/],
    ["a flipped bit in a name", () => flipped(0), /checksum/],
    ["a flipped bit in a size", () => flipped(130), /checksum/],
    ["another format", () => new TextEncoder().encode("<html>".repeat(100)), /no tar archive/],
  ])("%s: bad-file", async (_, bytes, message) => {
    const error = await members(bytes()).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "bad-file", facts: { name: "a.tar" } });
    expect(String(error)).toMatch(message);
  });

  it("a wanted file above the limit: bad-file, before it is read", async () => {
    const error = await members(archive, { limit: 999 }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "bad-file", facts: { member: "odd", size: 1000 } });
  });
});

describe("dialects", () => {
  const names = ["short", `${"d".repeat(90)}/${"n".repeat(99)}`, `${"long/".repeat(40)}é.txt`];
  const archived = (format: string, ...more: string[]) => {
    const at = join(folder, `dialect-${format}`);
    for (const name of names) {
      mkdirSync(join(at, name, ".."), { recursive: true });
      writeFileSync(join(at, name), `content of ${name}`);
    }
    const to = join(folder, `${format}.tar`);
    execFileSync("tar", [`--format=${format}`, "-cf", to, "-C", at, ...more, ...names]);
    return new Uint8Array(readFileSync(to));
  };

  it.each(["pax", "gnu", "oldgnu"])("%s has long names", async (format) => {
    const bytes = archived(format);
    const wanted = Object.fromEntries(names.map((name) => [name, `content of ${name}`]));
    expect(await members(bytes)).toEqual(wanted);
    const listed = await listTar(bytesSource(bytes));
    expect(listed.map(({ name }) => name)).toEqual(names);
    for (const { name, offset, size } of listed)
      expect(new TextDecoder().decode(bytes.subarray(offset, offset + size))).toBe(wanted[name]);
  });

  it("knows sizes beyond 8 GB", async () => {
    const bytes = archived("gnu");
    // The same size of the first, short member as a number of 95 bits.
    bytes[124] = 0x80;
    bytes.fill(0, 125, 136);
    bytes[135] = "content of short".length;
    signed(bytes);
    expect((await members(bytes))["short"]).toBe("content of short");
    bytes[130] = 1;
    signed(bytes);
    await expect(members(bytes)).rejects.toThrow(/of 1099511627792 bytes/);
    await expect(listTar(bytesSource(bytes, "a.tar"))).rejects.toThrow(/truncated/);
  });

  it.each(["../up", "/root", "a/../../b", "C:\\x", "..\\up"])(
    "refuses the path %s",
    async (name) => {
      const bytes = archived("gnu");
      bytes.fill(0, 0, 100).set(new TextEncoder().encode(name));
      signed(bytes);
      await expect(members(bytes)).rejects.toThrow(/leaves the archive's folder/);
      await expect(listTar(bytesSource(bytes))).rejects.toThrow(/leaves the archive's folder/);
    },
  );
});

/** With the checksum that its first header has. */
function signed(bytes: Uint8Array): void {
  bytes.fill(0x20, 148, 156);
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  bytes.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
}
