// tar archives (POSIX.1-1988, "ustar"): for each member a header of 512 bytes and its content, filled up
// to a multiple of 512; a header of zeros ends the archive. Read here rather than by a library: those
// that read every dialect weigh as much as this package. Long names and large sizes stand in headers before the
// member's own: those of POSIX.1-2001 ("pax", which Python's tarfile writes) and GNU's.
import { CajalError } from "@cajal/core";

/** Where an archive's bytes come from, one after the other. */
export interface TarBytes {
  /** Bytes that were read or passed over. */
  readonly position: number;
  /** The next bytes. @throws where there are fewer */
  read(length: number): Promise<Uint8Array>;
  /** Passes over bytes. @throws where there are fewer */
  skip(length: number): Promise<void>;
}

export interface TarHeader {
  /** Path within the archive. */
  readonly name: string;
  /** Bytes of its content. */
  readonly size: number;
  /** Where its content begins. */
  readonly offset: number;
}

/** The files of an archive; of each as much of the content may be read as it has. */
export async function* tarMembers(
  bytes: TarBytes,
  archive: string,
): AsyncGenerator<TarHeader, void, undefined> {
  const bad = (problem: string, facts: Record<string, unknown> = {}) =>
    new CajalError("bad-file", `${archive}: ${problem}`, { name: archive, ...facts });
  /** What headers before a member say of it. */
  let overrides: { name?: string; size?: number } = {};
  for (;;) {
    const start = bytes.position;
    const header = await bytes.read(block);
    if (header.every((byte) => byte === 0)) return;
    if (octal(header, 148, 8) !== checksum(header))
      throw bad(
        `got a header at byte ${start} whose checksum does not hold. It is damaged, or no tar archive.`,
        { position: start },
      );
    const kind = String.fromCharCode(header[156]!);
    const sizeInHeader = sizeOf(header);
    if (sizeInHeader === undefined)
      throw bad(`got a member at byte ${start} whose size is no octal number.`, { position: start }); // prettier-ignore
    const offset = bytes.position;
    // Of links and the like sizes count for nothing.
    const size = isFile(kind) ? (overrides.size ?? sizeInHeader) : sizeInHeader;
    if ("xL".includes(kind)) {
      if (size > maxExtendedHeader)
        throw bad(`got a header of ${size} bytes at byte ${start}, expected at most ${maxExtendedHeader}.`, { position: start }); // prettier-ignore
      const content = await bytes.read(size);
      overrides = {
        ...overrides,
        ...(kind === "L" ? { name: text(content, 0, size) } : pax(content)),
      };
    } else if (isFile(kind)) {
      const name = overrides.name ?? nameOf(header);
      if (/^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)/.test(name))
        throw bad(`got the member ${JSON.stringify(name)}, whose path leaves the archive's folder.`, { member: name }); // prettier-ignore
      overrides = {};
      yield { name, size, offset };
    } else if (kind !== "g" && kind !== "K") overrides = {};
    await bytes.skip(offset + size + (-size & (block - 1)) - bytes.position);
  }
}

const block = 512;
const maxExtendedHeader = 2 ** 20;

/** Plain and contiguous files; old archives leave the kind empty. */
const isFile = (kind: string) => kind === "0" || kind === "\0" || kind === "7";

function nameOf(header: Uint8Array): string {
  const name = text(header, 0, 100);
  // GNU's own format has other fields where the prefix is.
  const prefix = text(header, 257, 6) === "ustar" ? text(header, 345, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** A field of text, which ends at its first zero. */
function text(header: Uint8Array, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function octal(header: Uint8Array, from: number, length: number): number | undefined {
  const digits = text(header, from, length).trim();
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : undefined;
}

/** 11 octal digits or, where the first bit is set, a number of 95 bits. */
function sizeOf(header: Uint8Array): number | undefined {
  if (header[124] !== 0x80) return octal(header, 124, 12);
  const size = header.subarray(125, 136).reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(size) ? size : undefined;
}

/** Records "length key=value\n", the length that of the whole record. */
function pax(content: Uint8Array): { name?: string; size?: number } {
  const overrides: { name?: string; size?: number } = {};
  for (let at = 0; at < content.length;) {
    const digits = /^\d+(?= )/.exec(new TextDecoder().decode(content.subarray(at, at + 12)))?.[0];
    const length = Number(digits ?? 0);
    if (length <= 0) break;
    const record = new TextDecoder().decode(content.subarray(at + digits!.length + 1, at + length - 1)); // prettier-ignore
    const [key, value = ""] = [record.slice(0, record.indexOf("=")), record.slice(record.indexOf("=") + 1)]; // prettier-ignore
    if (key === "path") overrides.name = value;
    if (key === "size" && /^\d+$/.test(value) && Number.isSafeInteger(Number(value))) overrides.size = Number(value); // prettier-ignore
    at += length;
  }
  return overrides;
}

/** The sum of the header's bytes, where its own field counts as spaces. */
const checksum = (header: Uint8Array) =>
  header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);
