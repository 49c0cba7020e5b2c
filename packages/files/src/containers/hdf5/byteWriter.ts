// Little-endian fields, written one after another.

export class ByteWriter {
  #bytes = new Uint8Array(64);
  #view = new DataView(this.#bytes.buffer);
  /** Bytes written so far. */
  length = 0;

  u8(...values: readonly number[]): this {
    return this.#each(values, 1, (at, value) => this.#view.setUint8(at, value));
  }

  u16(...values: readonly number[]): this {
    return this.#each(values, 2, (at, value) => this.#view.setUint16(at, value, true));
  }

  u32(...values: readonly number[]): this {
    return this.#each(values, 4, (at, value) => this.#view.setUint32(at, value, true));
  }

  /** Addresses and lengths; undefined: none, all bits set. */
  u64(...values: readonly (number | undefined)[]): this {
    return this.#each(values, 8, (at, value) =>
      this.#view.setBigUint64(at, value === undefined ? 2n ** 64n - 1n : BigInt(value), true),
    );
  }

  ascii(text: string): this {
    return this.put(new TextEncoder().encode(text));
  }

  put(bytes: Uint8Array): this {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  zeros(count: number): this {
    this.#take(count);
    return this;
  }

  /** Zeros up to the next multiple of eight. */
  pad(): this {
    return this.zeros(padding(this.length));
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  #each<T>(values: readonly T[], width: number, set: (at: number, value: T) => void): this {
    for (const value of values) set(this.#take(width), value);
    return this;
  }

  /** Reserves `count` bytes and returns their offset; the memory may move. */
  #take(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Bytes up to the next multiple of eight. */
export const padding = (size: number): number => (8 - (size % 8)) % 8;
