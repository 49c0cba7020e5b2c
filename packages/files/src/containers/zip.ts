// zip archives, read by ranges and written without compression: the format of `.keras` and `.npz` files. "APPNOTE.TXT, .ZIP File Format Specification" 6.3.10 (pkware.com); its section numbers stand below.
// Written by ourselves because what we need of it (no encryption, no other methods than deflate, one
// file at a time) is a hundredth of what a zip library weighs.
import { CajalError, unknownName, checkArgument } from "@cajal/core";
import { bytesSource, checkRange, checkSource, type ByteSource } from "../byteSource";
import { crc32 } from "./crc32";
import { problemOfPath } from "./problemOfPath";

export interface ZipEntry {
  /** Path within the archive. */
  readonly name: string;
  /** Bytes when unpacked, as the directory says. */
  readonly size: number;
  /**
   * Its bytes, unpacked and compared with their CRC-32.
   *
   * @param limit bytes that it may have at most; default 2³¹
   * @throws CajalError `bad-file` where it is damaged, or larger than its directory says or the limit;
   *   `unsupported` where it is encrypted or packed by another method than deflate
   */
  read(limit?: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Its bytes as a source of ranges. What is stored without compression is read where it lies, once to compare its
   * CRC-32 and then range by range, and is never in memory as a whole.
   *
   * @throws CajalError as `read`
   */
  open(): Promise<ByteSource>;
}

/** Bytes that are read at a time where all are read in turn. */
const pieceSize = 2 ** 20;

/** Little-endian signatures of the structures (4.3). */
const signatures = {
  localHeader: 0x04034b50,
  entry: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const;

/** Each takes memory before it is read. */
const mostMembers = 2 ** 17;

const decoders = { utf8: new TextDecoder(), latin1: new TextDecoder("latin1") } as const;

/** Whether these first bytes are those of a zip archive with a first member, or of an empty one. */
export function looksLikeZip(bytes: Uint8Array): boolean {
  checkArgument("looksLikeZip", "bytes", bytes, "bytes");
  return (
    bytes[0] === 0x50 &&
    bytes[1] === 0x4b &&
    ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6))
  );
}

/**
 * The members of an archive by name, in their order, without folders. Nothing is unpacked.
 *
 * @throws CajalError `bad-file` for another format, a truncated or damaged archive, a name that occurs twice or leaves
 *   the archive's folder, members that lie in each other; `unsupported` for more than 131,072 members
 */
export async function openZip(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  checkSource("openZip", source);
  const bad = (why: string, facts: Record<string, unknown> = {}) =>
    new CajalError("bad-file", `${source.name}: ${why}`, { file: source.name, ...facts });
  const view = async (offset: number, length: number, what: string) => {
    if (!(Number.isSafeInteger(offset) && offset >= 0 && offset + length <= source.size))
      throw bad(`${what} lies at ${offset}, outside of the file. The archive is damaged.`);
    const bytes = await source.read(offset, length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  const readUint64 = (from: DataView, at: number, what: string) => {
    const value = Number(from.getBigUint64(at, true));
    if (!Number.isSafeInteger(value)) throw bad(`${what} is ${value}. The archive is damaged.`);
    return value;
  };

  const end = await findEnd();
  const directory = await view(end.directory, end.length, "the central directory");
  const entries = new Map<string, ZipEntry>();
  const extents: (readonly [from: number, to: number, name: string])[] = [];
  let at = 0;
  while (at < end.length) {
    if (at + 46 > end.length || directory.getUint32(at, true) !== signatures.entry)
      throw bad("its central directory is cut off. The archive is damaged.");
    const entry = readEntry(at);
    const { name, from, to } = entry;
    const problem = problemOfPath(name);
    if (problem !== undefined) throw bad(`it has the member ${JSON.stringify(name)}, ${problem}.`, { member: name }); // prettier-ignore
    if (extents.length === mostMembers)
      throw new CajalError("unsupported", `${source.name}: it has more than ${mostMembers} members, the most that are read.`, { file: source.name }); // prettier-ignore
    extents.push([from, to, name]);
    if (!name.endsWith("/")) {
      if (entries.has(name))
        throw bad(`it has two members called ${JSON.stringify(name)}.`, { member: name });
      entries.set(name, entry);
    }
    at = entry.next;
  }
  // Members that share bytes unpack to more than a file of this size could have.
  extents.sort(([a], [b]) => a - b);
  for (const [i, [, to, name]] of extents.entries())
    if (to > (extents[i + 1]?.[0] ?? end.directory))
      throw bad(`its member ${JSON.stringify(name)} reaches into what follows it. The archive is damaged.`, { member: name }); // prettier-ignore
  return entries;

  /** The end of the central directory (4.3.16), behind which a comment of up to 64 kB may stand. */
  async function findEnd(): Promise<{ directory: number; length: number; shift: number }> {
    const tail = Math.min(source.size, 22 + 0xffff);
    const bytes = await view(source.size - tail, tail, "the end");
    for (let at = tail - 22; at >= 0; at--) {
      if (bytes.getUint32(at, true) !== signatures.end) continue;
      if (at + 22 + bytes.getUint16(at + 20, true) !== tail) continue; // within a comment
      const endOffset = source.size - tail + at;
      let length = bytes.getUint32(at + 12, true);
      let offset = bytes.getUint32(at + 16, true);
      let directoryEnd = endOffset;
      const end64 = await findEnd64(endOffset);
      if (end64) {
        // Some writers, PyTorch among them, have it where nothing needs it.
        directoryEnd = end64.at;
        length = readUint64(end64.record, 40, "the directory's size");
        offset = readUint64(end64.record, 48, "the directory's place");
      } else if (offset === 0xffffffff || length === 0xffffffff)
        throw bad("its zip64 end is not where it should be. The archive is damaged.");
      // What was put before the archive moves everything by as much.
      const shift = directoryEnd - length - offset;
      if (shift < 0) throw bad("its directory lies outside of the file. The archive is damaged.");
      return { directory: offset + shift, length, shift };
    }
    throw bad(
      source.size === 0
        ? "it is no zip archive: it is empty."
        : "it is no zip archive, or truncated: the end of the central directory is missing.",
    );
  }

  /** The end of the directory of an archive above 4 GB (4.3.14), to which a locator (4.3.15) before the other end leads. */
  async function findEnd64(
    endOffset: number,
  ): Promise<{ at: number; record: DataView } | undefined> {
    if (endOffset < 76) return undefined;
    const locator = await view(endOffset - 20, 20, "the zip64 locator");
    if (locator.getUint32(0, true) !== signatures.locator64) return undefined;
    const stated = readUint64(locator, 8, "the zip64 end");
    // Straight before the locator, where something stands before the archive.
    for (const at of [stated, endOffset - 76]) {
      if (at + 56 > endOffset) continue;
      const record = await view(at, 56, "the zip64 end");
      if (record.getUint32(0, true) === signatures.end64) return { at, record };
    }
    return undefined;
  }

  /** An entry of the central directory (4.3.12). */
  function readEntry(at: number): ZipEntry & { next: number; from: number; to: number } {
    const flags = directory.getUint16(at + 8, true);
    const method = directory.getUint16(at + 10, true);
    const crc = directory.getUint32(at + 16, true);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((from) =>
      directory.getUint16(at + from, true),
    ) as [number, number, number];
    const next = at + 46 + nameLength + extraLength + commentLength;
    if (next > end.length) throw bad("its central directory is cut off. The archive is damaged.");
    const nameBytes = new Uint8Array(directory.buffer, directory.byteOffset + at + 46, nameLength);
    // Bit 11: UTF-8. Others are in an old character set, of which ASCII is the part that occurs.
    const name = decoders[flags & 0x800 ? "utf8" : "latin1"].decode(nameBytes);
    let [size, packedSize, offset] = [24, 20, 42].map((from) =>
      directory.getUint32(at + from, true),
    ) as [number, number, number];
    // zip64 (4.5.3): values that do not fit are in an extra field, in this order.
    for (let from = at + 46 + nameLength; from + 4 <= at + 46 + nameLength + extraLength;) {
      const length = directory.getUint16(from + 2, true);
      if (directory.getUint16(from, true) === 1) {
        let field = from + 4;
        const zip64Value = (value: number) => {
          if (value !== 0xffffffff) return value;
          if (field + 8 > from + 4 + length)
            throw bad(`the zip64 field of ${JSON.stringify(name)} is too short.`);
          field += 8;
          return readUint64(directory, field - 8, `a size of ${JSON.stringify(name)}`);
        };
        size = zip64Value(size);
        packedSize = zip64Value(packedSize);
        offset = zip64Value(offset);
      }
      from += 4 + length;
    }
    const damaged = (why: string) =>
      bad(`${name} ${why}. The archive is damaged.`, { member: name });
    /** Where its packed bytes begin, after what its own header says has been compared. */
    const locate = async (): Promise<number> => {
      if (flags & 1) throw unsupported("is encrypted");
      if (method !== 0 && method !== 8)
        throw unsupported(
          `is packed by method ${method}${method === 12 ? " (bzip2)" : ""}, expected 0 (stored) or 8 (deflate)`,
        );
      // Deflate makes at most 1,032 bytes of one: a directory that says more is wrong.
      if (size > (method === 0 ? packedSize : packedSize * 1032 + 1032))
        throw damaged(`says that it unpacks to ${size} bytes, which ${packedSize} cannot`);
      const local = await view(offset + end.shift, 30, `the header of ${name}`);
      if (local.getUint32(0, true) !== signatures.localHeader)
        throw damaged("is not where it should be");
      const localName = await view(offset + end.shift + 30, local.getUint16(26, true), `the name of ${name}`); // prettier-ignore
      const ownName = new Uint8Array(localName.buffer, localName.byteOffset, localName.byteLength);
      if (ownName.length !== nameBytes.length || ownName.some((byte, i) => byte !== nameBytes[i]))
        throw damaged("has another name where it lies");
      const start = offset + end.shift + 30 + local.getUint16(26, true) + local.getUint16(28, true);
      await view(start + packedSize, 0, `the end of ${name}`);
      if (method === 0 && packedSize !== size)
        throw damaged(`unpacks to ${packedSize} bytes; its directory says ${size}`);
      return start;
    };
    const checkCrc = (of: number) => {
      if (of !== crc) throw damaged("has another CRC-32 than its directory says");
    };
    const read = async (limit = 2 ** 31): Promise<Uint8Array<ArrayBuffer>> => {
      if (size > limit)
        throw bad(`${name} has ${size} bytes, more than the ${limit} that are expected at most.`, {
          member: name,
          size,
          limit,
        });
      const packed = await source.read(await locate(), packedSize);
      const unpacked = method === 0 ? packed.slice() : await inflateRaw(packed, size, damaged);
      if (unpacked.length !== size)
        throw damaged(`unpacks to ${unpacked.length} bytes; its directory says ${size}`);
      checkCrc(crc32(unpacked));
      return unpacked;
    };
    const open = async (): Promise<ByteSource> => {
      const ownName = `${source.name}, ${name}`;
      if (method !== 0) return bytesSource(await read(), ownName);
      const start = await locate();
      let checked = 0;
      for (let at = 0; at < size; at += pieceSize)
        checked = crc32(await source.read(start + at, Math.min(pieceSize, size - at)), checked);
      checkCrc(checked);
      return {
        name: ownName,
        size,
        read: async (from, length) => {
          checkRange(ownName, size, from, length);
          return source.read(start + from, length);
        },
      };
    };
    const unsupported = (why: string) =>
      new CajalError("unsupported", `${source.name}: ${name} ${why}.`, {
        file: source.name,
        member: name,
      });
    // Of the header before it the extra field is not known yet.
    const from = offset + end.shift;
    return { name, size, read, open, next, from, to: from + 30 + nameLength + packedSize };
  }
}

/**
 * The member of an archive with this name.
 *
 * @param archive the archive's name, for the message
 * @throws CajalError `bad-file` where it is missing; the message lists the members
 */
export function needEntry(
  entries: ReadonlyMap<string, ZipEntry>,
  name: string,
  archive: string,
): ZipEntry {
  checkArgument("needEntry", "entries", entries, "map");
  const entry = entries.get(name);
  if (!entry) throw unknownName(`member of ${archive}`, name, entries.keys(), "bad-file");
  return entry;
}

/** Never more than `size` bytes are unpacked. */
async function inflateRaw(
  bytes: Uint8Array,
  size: number,
  damaged: (why: string) => CajalError,
): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(size);
  let at = 0;
  const unpacked = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = unpacked.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw Object.assign(damaged("is not deflate data"), { cause });
    });
    if (done) return out.subarray(0, at);
    if (at + value.length > size) {
      await reader.cancel();
      throw damaged(`unpacks to more than the ${size} bytes that its directory says`);
    }
    out.set(value, at);
    at += value.length;
  }
}

/**
 * An archive of these files, stored without compression, as Keras writes `.keras`: weights hardly shrink.
 * The same files give the same bytes: every member is dated 1980-01-01.
 *
 * @throws CajalError `bad-argument` above 4 GB, which would need zip64, and for paths that {@link openZip} refuses
 */
export function encodeZip(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  checkArgument("encodeZip", "files", files, "map");
  for (const [name, data] of files) {
    checkArgument("encodeZip", "a file's name", name, "string");
    checkArgument("encodeZip", name, data, "bytes");
    // What is written is read again.
    const problem = problemOfPath(name);
    if (problem !== undefined)
      throw new CajalError("bad-argument", `zip: got a file ${JSON.stringify(name)}, ${problem}. Name it otherwise.`, { name }); // prettier-ignore
  }
  const members = [...files].map(([name, data]) => ({
    name: new TextEncoder().encode(name),
    data,
  }));
  const size = members.reduce(
    (sum, { name, data }) => sum + 76 + 2 * name.length + data.length,
    22,
  );
  if (size > 0xfffffffe || members.length > 0xfffe)
    throw new CajalError(
      "bad-argument",
      `zip: ${size} bytes in ${members.length} files; at most 4 GB and 65,534 files are written.`,
      { size },
    );
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const writeNumbers = (...fields: (readonly [width: 2 | 4, value: number])[]) => {
    for (const [width, value] of fields) {
      if (width === 2) view.setUint16(at, value, true);
      else view.setUint32(at, value, true);
      at += width;
    }
  };
  const put = (part: Uint8Array) => {
    bytes.set(part, at);
    at += part.length;
  };
  const entries = members.map(({ name, data }) => {
    const offset = at;
    // Version 2.0, UTF-8 names, stored, midnight of 1980-01-01, CRC-32, both sizes, name, no extra field.
    const commonFields = [[2, 20], [2, 0x800], [2, 0], [2, 0], [2, 0x21], [4, crc32(data)], [4, data.length], [4, data.length], [2, name.length], [2, 0]] as const; // prettier-ignore
    writeNumbers([4, signatures.localHeader], ...commonFields);
    put(name);
    put(data);
    return { name, offset, commonFields };
  });
  const directory = at;
  for (const { name, offset, commonFields } of entries) {
    writeNumbers(
      [4, signatures.entry],
      [2, 20],
      ...commonFields,
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, offset],
    );
    put(name);
  }
  const count = entries.length;
  writeNumbers(
    [4, signatures.end],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, at - directory],
    [4, directory],
    [2, 0],
  );
  return bytes;
}
