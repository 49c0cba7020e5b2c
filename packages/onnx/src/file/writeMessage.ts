// Writes the wire format of Protocol Buffers. Large pieces of bytes are handed on as views.
import { fields, wireOf, wireTypes, type Fields, type Message, type MessageName } from "./message";

/** Bytes in pieces; the pieces are written one after the other. */
export interface Parts {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
}

/** From here on bytes are handed on as views. */
const big = 4096;

/** Writes a message: fields in the order of their numbers, absent ones left out. */
export function writeMessage<M extends MessageName>(name: M, message: Message<M>): Parts {
  return write(name, message);
}

function write(name: string, message: object): Parts {
  const out = new Writer();
  const values = message as Fields;
  for (const { name: key, number, type, isRepeated: repeated } of fields.get(name)!.list) {
    const value = values[key];
    if (value === undefined) continue;
    if (!repeated) out.field(number, type, value);
    else if (wireOf(type) === wireTypes.bytes)
      for (const each of value as Iterable<unknown>) out.field(number, type, each);
    else if ((value as ArrayLike<unknown>).length > 0) {
      const packedWriter = new Writer();
      for (const each of Array.from(value as ArrayLike<unknown>)) packedWriter.scalar(type, each);
      out.tag(number, wireTypes.bytes);
      out.nested(packedWriter.finish());
    }
  }
  if (values.rest !== undefined) out.bytes(values.rest as Uint8Array);
  return out.finish();
}

class Writer {
  readonly #parts: Uint8Array[] = [];
  #buffer = new Uint8Array(256);
  #used = 0;
  #flushed = 0;

  field(number: number, type: string, value: unknown): void {
    this.tag(number, wireOf(type));
    if (type === "string") {
      const bytes = new TextEncoder().encode(value as string);
      this.nested({ parts: [bytes], length: bytes.length });
    } else if (type === "bytes") {
      const bytes = value as Uint8Array;
      this.nested({ parts: [bytes], length: bytes.length });
    } else if (wireOf(type) === wireTypes.bytes) this.nested(write(type, value as object));
    else this.scalar(type, value);
  }

  tag(number: number, wire: number): void {
    this.#varint(number * 8 + wire);
  }

  scalar(type: string, value: unknown): void {
    if (type === "float" || type === "double") {
      const size = type === "float" ? 4 : 8;
      this.#room(size);
      const view = new DataView(this.#buffer.buffer, this.#used, size);
      if (type === "float") view.setFloat32(0, value as number, true);
      else view.setFloat64(0, value as number, true);
      this.#used += size;
    } else if (typeof value === "bigint") this.#big(value);
    else {
      const number = value as number;
      if (number >= 0 && number <= Number.MAX_SAFE_INTEGER) this.#varint(number);
      // 2⁶³ − 1, ONNX's "to the end", is 2⁶³ as a number.
      else this.#big(number >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(number));
    }
  }

  nested({ parts, length }: Parts): void {
    this.#varint(length);
    for (const part of parts) this.bytes(part);
  }

  bytes(part: Uint8Array): void {
    if (part.length >= big) {
      this.#flush();
      this.#parts.push(part);
      this.#flushed += part.length;
    } else {
      this.#room(part.length);
      this.#buffer.set(part, this.#used);
      this.#used += part.length;
    }
  }

  finish(): Parts {
    this.#flush();
    return { parts: this.#parts, length: this.#flushed };
  }

  #varint(value: number): void {
    this.#room(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#used++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#used++] = rest;
  }

  #big(value: bigint): void {
    this.#room(10);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.#buffer[this.#used++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#used++] = Number(rest);
  }

  #room(size: number): void {
    if (this.#used + size <= this.#buffer.length) return;
    const buffer = new Uint8Array(Math.max(2 * this.#buffer.length, this.#used + size));
    buffer.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = buffer;
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#parts.push(this.#buffer.subarray(0, this.#used));
    this.#flushed += this.#used;
    this.#buffer = new Uint8Array(256);
    this.#used = 0;
  }
}
