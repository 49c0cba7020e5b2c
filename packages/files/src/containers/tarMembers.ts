// tar archives (POSIX.1-1988, "ustar"): for each member a header of 512 bytes and its content, filled up
// to a multiple of 512; a header of zeros ends the archive. Read here rather than by a library: those
// that read every dialect weigh as much as this package. Long names and large sizes stand in headers before the
// member's own: those of POSIX.1-2001 ("pax", which Python's tarfile writes) and GNU's.
import { CajalError } from "@cajal/core";
import { problemOfPath } from "./problemOfPath";

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
  const sparse = (start: number) =>
    new CajalError("unsupported", `${archive}: got a sparse file at byte ${start}, of which holes are left out. Pack it without --sparse.`, { name: archive, position: start }); // prettier-ignore
  /** What headers before a member say of it. */
  let overrides: Pax = {};
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
    // Links, devices, folders and pipes have no content, whatever their size says, as Python's tarfile takes it.
    const size = isFile(kind) ? (overrides.size ?? sizeInHeader) : isEmpty(kind) ? 0 : sizeInHeader;
    if ("xgL".includes(kind)) {
      if (size > maxExtendedHeader)
        throw bad(`got a header of ${size} bytes at byte ${start}, expected at most ${maxExtendedHeader}.`, { position: start }); // prettier-ignore
      const content = await bytes.read(size);
      const said = kind === "L" ? { name: text(content, 0, size) } : pax(content);
      if (said === undefined)
        throw bad(`got a damaged extended header at byte ${start}.`, { position: start });
      if (said.sparse) throw sparse(start);
      // Of all members at once archives tell comments and dates; names and sizes of all would be a trap.
      if (kind === "g" && (said.name !== undefined || said.size !== undefined))
        throw bad(`got a header at byte ${start} that gives all members one path or size.`, { position: start }); // prettier-ignore
      if (kind !== "g") overrides = { ...overrides, ...said };
    } else if (isFile(kind)) {
      const name = overrides.name ?? nameOf(header);
      const problem = problemOfPath(name);
      if (problem !== undefined)
        throw bad(`got the member ${JSON.stringify(name)}, ${problem}.`, { member: name });
      overrides = {};
      yield { name, size, offset };
    } else if (kind === "S") throw sparse(start);
    else if (kind !== "K") overrides = {};
    await bytes.skip(offset + size + (-size & (block - 1)) - bytes.position);
  }
}

const block = 512;
const utf8 = new TextDecoder();
const maxExtendedHeader = 2 ** 20;

/** Links, devices, folders, pipes. */
const isEmpty = (kind: string) => kind >= "1" && kind <= "6";

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
  return utf8.decode(end < 0 ? field : field.subarray(0, end));
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

/** What an extended header says of the next member. */
interface Pax {
  name?: string;
  size?: number;
  sparse?: boolean;
}

/** Records "length key=value\n", the length that of the whole record; undefined where they are damaged. */
function pax(content: Uint8Array): Pax | undefined {
  const overrides: Pax = {};
  for (let at = 0; at < content.length && content[at] !== 0;) {
    const digits = /^\d+(?= )/.exec(utf8.decode(content.subarray(at, at + 12)))?.[0];
    const length = Number(digits ?? 0);
    const end = at + length;
    if (length <= 0 || end > content.length || content[end - 1] !== 0x0a) return undefined;
    const record = utf8.decode(content.subarray(at + digits!.length + 1, end - 1));
    const equals = record.indexOf("=");
    if (equals < 1) return undefined;
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === "path") overrides.name = value;
    if (key === "size") {
      if (!/^\d+$/.test(value) || !Number.isSafeInteger(Number(value))) return undefined;
      overrides.size = Number(value);
    }
    if (key.startsWith("GNU.sparse.")) overrides.sparse = true;
    at = end;
  }
  return overrides;
}

/** The sum of the header's bytes, where its own field counts as spaces. */
function checksum(header: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < 148; i++) sum += header[i]!;
  for (let i = 156; i < block; i++) sum += header[i]!;
  return sum;
}
