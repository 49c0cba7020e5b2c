// Archives made to mislead their reader: refused by name, or read as Python's tarfile and zipfile read them.
import { describe, expect, it } from "vitest";
import { bytesSource } from "../byteSource";
import { listTar, readTar } from "./readTar";
import { encodeZip, openZip } from "./zip";

const utf8 = new TextEncoder();
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const joined = (...parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));

interface Member {
  readonly name?: string;
  readonly kind?: string;
  readonly content?: string;
  /** The field of the size, of 12 bytes; default the content's in octal digits. */
  readonly size?: string;
  readonly link?: string;
}

/** A header (POSIX.1-1988, ustar) and what follows it. */
function member({ name = "file", kind = "0", content = "", size, link = "" }: Member): Uint8Array {
  const bytes = new Uint8Array(512 + Math.ceil(content.length / 512) * 512);
  const put = (text: string, at: number) => bytes.set(latin1(text), at);
  put(name, 0);
  put("0000644\0", 100);
  put(size ?? `${content.length.toString(8).padStart(11, "0")}\0`, 124);
  put(" ".repeat(8), 148);
  put(kind, 156);
  put(link, 157);
  put("ustar\x0000", 257);
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  put(content, 512);
  return bytes;
}
const tar = (...members: readonly Member[]) => joined(...members.map(member), new Uint8Array(1024));
const record = (text: string) => {
  const digits = String(text.length + 4).length;
  return `${text.length + 2 + digits} ${text}\n`;
};
const pax = (...texts: readonly string[]): Member => ({ kind: "x", content: texts.map(record).join("") }); // prettier-ignore

async function contents(archive: Uint8Array) {
  const read: [string, string][] = [];
  for await (const { name, content } of readTar([archive], { name: "a.tar", limit: 1000 }))
    read.push([name, new TextDecoder().decode(content)]);
  const listed = await listTar(bytesSource(archive, "a.tar"));
  expect(listed.map(({ name, size }) => [name, size])).toEqual(
    read.map(([name, content]) => [name, content.length]),
  );
  return read;
}

describe("tar", () => {
  const safe: Member = { name: "safe", content: "safe" };

  it.each<[string, Member[], RegExp]>([
    ["a path upwards", [{ name: "a/../../b" }], /leaves the archive's folder/],
    ["an absolute path", [{ name: "/etc/passwd" }], /leaves/],
    ["a drive", [{ name: "c:con.txt" }], /leaves/],
    ["a share", [{ name: "\\\\host\\share" }], /leaves/],
    ["backslashes upwards", [{ name: "a\\..\\..\\b" }], /leaves/],
    ["a pax path upwards", [pax("path=../up"), safe], /leaves/],
    ["a GNU long name upwards", [{ kind: "L", content: "../up\0" }, safe], /leaves/],
    ["a pax path with a zero", [pax("path=a\0.txt"), safe], /has a zero/],
    ["one path for all", [{ ...pax("path=b"), kind: "g" }, safe], /gives all members one path/],
    ["one size for all", [{ ...pax("size=1"), kind: "g" }, safe], /gives all members one path or size/], // prettier-ignore
    ["a negative pax size", [pax("size=-1"), safe], /damaged extended header/],
    ["a pax size that is no number", [pax("size=0x10"), safe], /damaged extended header/],
    ["a pax size beyond 2⁵³", [pax("size=99999999999999999"), safe], /damaged extended header/],
    ["a pax record longer than its header", [{ kind: "x", content: "99 path=a\n" }, safe], /damaged extended header/], // prettier-ignore
    ["a pax record without an end", [{ kind: "x", content: "8 path=ab" }, safe], /damaged extended header/], // prettier-ignore
    ["a negative size", [{ size: "\xff".repeat(12) }], /size is no octal number/],
    ["a size in decimal digits", [{ size: "00000000099\0" }], /size is no octal number/],
    ["a size beyond 2⁵³", [{ size: `\x80${"\xff".repeat(11)}` }], /size is no octal number/],
    ["a size beyond the archive", [{ size: "77777777777\0" }], /expected at most 1000|truncated/],
    ["a header of 8 GB", [{ kind: "x", size: "77777777777\0" }], /expected at most 1048576/],
    ["a sparse file of GNU's", [{ kind: "S", content: "data" }], /sparse/],
    ["a sparse file of pax", [pax("GNU.sparse.major=1"), safe], /sparse/],
  ])("refuses %s", async (_, members, message) => {
    const archive = tar(...members);
    await expect(contents(archive)).rejects.toThrow(message);
    await expect(listTar(bytesSource(archive, "a.tar"))).rejects.toThrow(/^a\.tar: /);
  });

  it("passes over links, devices, pipes and folders, whose sizes count for nothing", async () => {
    const links = ["1", "2", "3", "4", "5", "6"].map((kind): Member => ({
      name: "link",
      kind,
      link: "/etc/passwd",
      size: "00000000077\0",
    }));
    expect(await contents(tar(...links, { name: "link/file", content: "x" }))).toEqual([
      ["link/file", "x"],
    ]);
  });

  it("gives a link's path and size to no other member", async () => {
    const link: Member = { name: "link", kind: "2", link: "safe" };
    expect(await contents(tar(pax("path=other", "size=0"), link, safe))).toEqual([["safe", "safe"]]); // prettier-ignore
  });

  it("reads names twice, in two cases, with line breaks, of Windows' devices, as they are", async () => {
    const names = ["a", "a", "A", "b\nc", "con.txt", "é".repeat(40)];
    const members = names.map((name) => ({ name: Buffer.from(name).toString("latin1"), content: name === "b\nc" ? "x" : "" })); // prettier-ignore
    expect((await contents(tar(...members))).map(([name]) => name)).toEqual(names);
  });

  it("takes the size of a member from its pax header", async () => {
    // Of the ustar header alone the next header would be content.
    const large: Member = { name: "large", content: "x".repeat(600), size: "00000000000\0" };
    expect(await contents(tar(pax("size=600"), large, safe))).toEqual([["large", "x".repeat(600)], ["safe", "safe"]]); // prettier-ignore
  });

  it("keeps none of 50,000 empty members", async () => {
    const empty = member({ name: "empty" });
    const many = joined(...Array.from({ length: 1000 }, () => empty));
    async function* stream() {
      for (let i = 0; i < 50; i++) yield many;
      yield new Uint8Array(1024);
    }
    let count = 0;
    const wants = () => (count++, false);
    for await (const _ of readTar(stream(), { name: "a.tar", limit: 1, wants })) expect.unreachable(); // prettier-ignore
    expect(count).toBe(50_000);
  });
});

describe("zip", () => {
  const files = new Map([
    ["first", utf8.encode("1".repeat(50))],
    ["later", utf8.encode("2".repeat(50))],
  ]);
  /** The places of the first member and of the entries of both in the directory. */
  const [local, entries] = [0, [2 * (30 + 5 + 50), 2 * (30 + 5 + 50) + 46 + 5]] as const;
  const changed = (change: (bytes: Uint8Array, view: DataView) => void) => {
    const bytes = encodeZip(files);
    change(bytes, new DataView(bytes.buffer));
    return bytes;
  };
  /** A file under a name that is not written: in both places where another one stands. */
  const named = (name: string) => {
    const path = utf8.encode(name);
    const bytes = encodeZip(new Map([["x".repeat(path.length), new Uint8Array(1)]]));
    for (const at of [30, 30 + path.length + 1 + 46]) bytes.set(path, at);
    return bytes;
  };

  it.each<[string, Uint8Array, RegExp]>([
    ["a path upwards", named("a/../../b"), /leaves the archive's folder/],
    ["an absolute path", named("/b"), /leaves/],
    ["a folder upwards", named("../"), /leaves/],
    ["a drive", named("C:\\x"), /leaves/],
    ["a path with a zero", named("a\0.npy"), /has a zero/],
    ["a name twice", changed((bytes) => bytes.set(utf8.encode("first"), entries[1] + 46)), /two members called "first"/], // prettier-ignore
    ["members in one place", changed((_, view) => view.setUint32(entries[1] + 42, 0, true)), /reaches into what follows/], // prettier-ignore
    ["a member in another", changed((_, view) => view.setUint32(entries[0] + 20, 60, true)), /"first" reaches into/], // prettier-ignore
    ["a member in the directory", changed((_, view) => view.setUint32(entries[1] + 20, 60, true)), /"later" reaches into/], // prettier-ignore
    ["an entry cut off", changed((_, view) => view.setUint32(entries[1], 0, true)), /central directory is cut off/], // prettier-ignore
  ])("refuses %s", async (_, bytes, message) => {
    await expect(openZip(bytesSource(bytes))).rejects.toThrow(message);
  });

  it("refuses a member that is called otherwise where it lies, is packed tighter than can be, or encrypted", async () => {
    const read = async (change: Parameters<typeof changed>[0]) =>
      (await openZip(bytesSource(changed(change)))).get("first")!.read();
    await expect(read((bytes) => bytes.set(utf8.encode("other"), local + 30))).rejects.toThrow(/another name where it lies/); // prettier-ignore
    await expect(read((_, view) => view.setUint32(entries[0] + 24, 2 ** 30, true))).rejects.toThrow(/which 50 cannot/); // prettier-ignore
    await expect(read((_, view) => view.setUint16(entries[0] + 8, 1, true))).rejects.toThrow(/is encrypted/); // prettier-ignore
  });

  it("refuses more members than memory is worth, before it has them", async () => {
    // Folders, whose names may come twice.
    const one = named("m/");
    const [entry, end] = [one.slice(33, 33 + 48), one.slice(-22)];
    const count = 2 ** 17 + 1;
    const directory = new Uint8Array(count * entry.length + 22);
    for (let i = 0; i < count; i++) directory.set(entry, i * entry.length);
    new DataView(end.buffer).setUint32(12, count * entry.length, true);
    new DataView(end.buffer).setUint32(16, 0, true);
    directory.set(end, count * entry.length);
    await expect(openZip(bytesSource(directory))).rejects.toThrow(/more than 131072/);
  });
});
