// The bytes of an HDF5 file by address. "HDF5 File Format Specification Version 3.0"
// (docs.hdfgroup.org/hdf5/develop/_f_m_t3.html) is what every file of this folder reads by; its section
// numbers stand where they are used.
import { CajalError } from "@cajal/core";
import type { ByteSource } from "../../byteSource";
import { Cursor } from "./cursor";

const pageSize = 2 ** 16;
const maxCachedPages = 64;

/** The bytes of a file by address, and how wide its addresses and lengths are. */
export class Container {
  readonly name: string;
  readonly size: number;
  readonly #source: ByteSource;
  readonly #pages = new Map<number, Promise<Uint8Array>>();
  /** Where address 0 is: after the user block. */
  base = 0;
  offsetSize = 8;
  lengthSize = 8;

  constructor(source: ByteSource) {
    this.#source = source;
    this.name = source.name;
    this.size = source.size;
  }

  bad(problem: string, facts: Record<string, unknown> = {}): CajalError {
    return new CajalError("bad-file", `${this.name}: ${problem}`, { name: this.name, ...facts });
  }

  unsupported(problem: string, facts: Record<string, unknown> = {}): CajalError {
    return new CajalError("unsupported", `${this.name}: ${problem}`, { name: this.name, ...facts });
  }

  /** The bytes at an address. Small reads come from cached pages, since headers are close together. */
  async bytes(address: number, length: number, what: string): Promise<Uint8Array> {
    const offset = this.base + address;
    if (
      !(Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset + length <= this.size)
    )
      throw this.bad(
        `${what} lies at ${address}, ${length} bytes long; the file has ${this.size} bytes. It is truncated or damaged.`,
        { address, length },
      );
    const page = Math.floor(offset / pageSize);
    if (length > pageSize / 4 || Math.floor((offset + length - 1) / pageSize) !== page)
      return this.#source.read(offset, length);
    let bytes = this.#pages.get(page);
    if (!bytes) {
      const start = page * pageSize;
      bytes = this.#source.read(start, Math.min(pageSize, this.size - start));
      this.#pages.set(page, bytes);
      if (this.#pages.size > maxCachedPages) this.#pages.delete(this.#pages.keys().next().value!);
    }
    const at = offset - page * pageSize;
    return (await bytes).subarray(at, at + length);
  }

  /** A cursor over the bytes at an address. */
  async cursor(address: number, length: number, what: string): Promise<Cursor> {
    return new Cursor(this, await this.bytes(address, length, what), what);
  }

  /** A cursor over a structure that begins with its signature, e.g. "TREE", placed after it. */
  async structureAt(
    address: number,
    length: number,
    signature: string,
    what: string,
  ): Promise<Cursor> {
    const cursor = await this.cursor(address, length, what);
    const got = cursor.text(4);
    if (got !== signature)
      throw this.bad(
        `${what} at ${address} has no signature ${signature} (got ${JSON.stringify(got)}). The file is damaged.`,
        { address, signature },
      );
    return cursor;
  }
}
