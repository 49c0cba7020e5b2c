// Reads little-endian numbers from a range of bytes; every read is checked against its bounds.
import type { CajalError } from "@cajal/core";

const latin1 = new TextDecoder("latin1");

/** What a cursor needs of its file. */
interface Origin {
  readonly offsetSize: number;
  readonly lengthSize: number;
  bad(problem: string, facts?: Record<string, unknown>): CajalError;
}

export class Cursor {
  readonly container: Origin;
  readonly bytes: Uint8Array;
  readonly what: string;
  readonly #view: DataView;
  at = 0;

  constructor(container: Origin, bytes: Uint8Array, what: string) {
    this.container = container;
    this.bytes = bytes;
    this.what = what;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.at;
  }

  #need(length: number): number {
    if (length < 0 || length > this.remaining)
      throw this.container.bad(
        `${this.what} needs ${length} bytes more and has ${this.remaining}. The file is truncated or damaged.`,
      );
    const at = this.at;
    this.at += length;
    return at;
  }

  u8 = (): number => this.#view.getUint8(this.#need(1));
  u16 = (): number => this.#view.getUint16(this.#need(2), true);
  u32 = (): number => this.#view.getUint32(this.#need(4), true);

  /** An unsigned number of 1 to 8 bytes, which must be below 2⁵³. */
  unsigned(size: number): number {
    const at = this.#need(size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.bytes[at + i]!;
    if (value > Number.MAX_SAFE_INTEGER)
      throw this.container.bad(`${this.what} holds the number ${value}, which no file reaches.`);
    return value;
  }

  /** An address; undefined for the "undefined address", all bits set. */
  offset(): number | undefined {
    const size = this.container.offsetSize;
    return this.#allSet(size) ? undefined : this.unsigned(size);
  }

  /** Whether the next number has all bits set; if so, it is skipped. */
  #allSet(size: number): boolean {
    const next = this.bytes.subarray(this.at, this.at + size);
    if (next.length < size || next.some((byte) => byte !== 0xff)) return false;
    this.at += size;
    return true;
  }

  /** An address that must be defined. */
  address(): number {
    const address = this.offset();
    if (address === undefined)
      throw this.container.bad(`${this.what} has no address where one is needed.`);
    return address;
  }

  length = (): number => this.unsigned(this.container.lengthSize);

  /** A length, or undefined for "unlimited", all bits set. */
  unlimited(): number | undefined {
    return this.#allSet(this.container.lengthSize) ? undefined : this.length();
  }

  take(length: number): Uint8Array {
    const at = this.#need(length);
    return this.bytes.subarray(at, at + length);
  }

  skip(length: number): void {
    this.#need(length);
  }

  /** Moves on to a multiple of `to`, counted from the beginning. */
  align(to: number): void {
    const over = this.at % to;
    if (over > 0) this.#need(Math.min(to - over, this.remaining));
  }

  text = (length: number): string => latin1.decode(this.take(length));

  /** Bytes up to a zero, which is skipped. */
  zeroTerminated(): Uint8Array {
    const end = this.bytes.indexOf(0, this.at);
    if (end === -1) throw this.container.bad(`${this.what} has a text without an end.`);
    const bytes = this.bytes.subarray(this.at, end);
    this.at = end + 1;
    return bytes;
  }

  /** A part of what is left, as a cursor of its own. */
  part(length: number, what = this.what): Cursor {
    return new Cursor(this.container, this.take(length), what);
  }

  /** @throws CajalError `bad-file` where the version is none of these */
  version(...expected: readonly number[]): number {
    const version = this.u8();
    if (!expected.includes(version))
      throw this.container.bad(
        `${this.what} has version ${version}; known are ${expected.join(", ")}. The file is damaged, or newer than this reader.`,
        { version },
      );
    return version;
  }

  /** Reads the lookup3 checksum that follows, and compares it with that of all bytes read so far. */
  checksum(): void {
    const end = this.at;
    const stated = this.u32();
    const actual = lookup3(this.bytes.subarray(0, end));
    if (stated !== actual)
      throw this.container.bad(`the checksum of ${this.what} does not agree. The file is damaged.`);
  }
}

/** Jenkins' lookup3 with initial value 0, as HDF5 uses it (burtleburtle.net/bob/c/lookup3.c, hashlittle). */
export function lookup3(key: Uint8Array): number {
  let a = (0xdeadbeef + key.length) | 0;
  let b = a;
  let c = a;
  const rotate = (x: number, k: number) => (x << k) | (x >>> (32 - k));
  const word = (at: number) => {
    let value = 0;
    for (let i = 0; i < 4; i++) value |= (key[at + i] ?? 0) << (8 * i);
    return value;
  };
  let at = 0;
  for (; key.length - at > 12; at += 12) {
    a = (a + word(at)) | 0;
    b = (b + word(at + 4)) | 0;
    c = (c + word(at + 8)) | 0;
    a = ((a - c) | 0) ^ rotate(c, 4);
    c = (c + b) | 0; // prettier-ignore
    b = ((b - a) | 0) ^ rotate(a, 6);
    a = (a + c) | 0; // prettier-ignore
    c = ((c - b) | 0) ^ rotate(b, 8);
    b = (b + a) | 0; // prettier-ignore
    a = ((a - c) | 0) ^ rotate(c, 16);
    c = (c + b) | 0; // prettier-ignore
    b = ((b - a) | 0) ^ rotate(a, 19);
    a = (a + c) | 0; // prettier-ignore
    c = ((c - b) | 0) ^ rotate(b, 4);
    b = (b + a) | 0; // prettier-ignore
  }
  if (key.length === at) return c >>> 0;
  a = (a + word(at)) | 0;
  b = (b + word(at + 4)) | 0;
  c = (c + word(at + 8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}
