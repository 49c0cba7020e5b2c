// Writes the wire format of Protocol Buffers, from the end to the beginning: a message's length stands before it, and is
// known once it is written. Large pieces of bytes are handed on as views.
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
  const out = new Writer();
  out.message(name, message);
  return out.finish();
}

const encoder = new TextEncoder();
const encoded = new Uint8Array(big);

/** Bytes that a buffer has at first. */
const leastRoom = 4096;

class Writer {
  /** Of the last part first. */
  readonly #parts: Uint8Array[] = [];
  #partsLength = 0;
  #buffer = new Uint8Array(leastRoom);
  #view = new DataView(this.#buffer.buffer);
  /** Where in the buffer what is written begins; it ends with the buffer. */
  #start = this.#buffer.length;

  message(name: string, message: object): void {
    const values = message as Fields;
    if (values.rest !== undefined) this.#bytes(values.rest as Uint8Array);
    const { list } = fields.get(name)!;
    for (let i = list.length - 1; i >= 0; i--) {
      const { name: key, number, type, isRepeated } = list[i]!;
      const value = values[key];
      if (value === undefined) continue;
      if (!isRepeated) this.#field(number, type, value);
      else if (wireOf(type) === wireTypes.bytes)
        for (const each of Array.from(value as Iterable<unknown>).toReversed())
          this.#field(number, type, each);
      else if ((value as ArrayLike<unknown>).length > 0) {
        const end = this.#length;
        for (const each of Array.from(value as ArrayLike<unknown>).toReversed())
          this.#scalar(type, each);
        this.#head(number, end);
      }
    }
  }

  finish(): Parts {
    this.#flush();
    return { parts: this.#parts.toReversed(), length: this.#partsLength };
  }

  #field(number: number, type: string, value: unknown): void {
    const wire = wireOf(type);
    if (wire !== wireTypes.bytes) {
      this.#scalar(type, value);
      this.#varint(number * 8 + wire);
      return;
    }
    const end = this.#length;
    if (type === "string") this.#text(value as string);
    else if (type === "bytes") this.#bytes(value as Uint8Array);
    else this.message(type, value as object);
    this.#head(number, end);
  }

  /** What stands before bytes: the field, and their length. `end`: how much had been written before them. */
  #head(number: number, end: number): void {
    this.#varint(this.#length - end);
    this.#varint(number * 8 + wireTypes.bytes);
  }

  #scalar(type: string, value: unknown): void {
    if (type === "float") {
      this.#room(4);
      this.#view.setFloat32(this.#start, value as number, true);
    } else if (type === "double") {
      this.#room(8);
      this.#view.setFloat64(this.#start, value as number, true);
    } else if (typeof value === "bigint") this.#big(value);
    else {
      const number = value as number;
      if (number >= 0 && number <= Number.MAX_SAFE_INTEGER) this.#varint(number);
      // 2⁶³ − 1, ONNX's "to the end", is 2⁶³ as a number.
      else this.#big(number >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(number));
    }
  }

  #text(text: string): void {
    // A character takes at most three bytes.
    if (3 * text.length >= big) return this.#bytes(encoder.encode(text));
    const { written } = encoder.encodeInto(text, encoded);
    this.#bytes(encoded.subarray(0, written));
  }

  #bytes(part: Uint8Array): void {
    if (part.length >= big) {
      this.#flush();
      this.#parts.push(part);
      this.#partsLength += part.length;
    } else {
      this.#room(part.length);
      this.#buffer.set(part, this.#start);
    }
  }

  #varint(value: number): void {
    let size = 1;
    for (let limit = 0x80; value >= limit; limit *= 0x80) size++;
    this.#room(size);
    let at = this.#start;
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#buffer[at++] = (rest % 128) | 0x80;
    this.#buffer[at] = rest;
  }

  #big(value: bigint): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    this.#bytes(Uint8Array.of(...bytes, Number(rest)));
  }

  get #length(): number {
    return this.#partsLength + this.#buffer.length - this.#start;
  }

  /** Makes room for `size` bytes, which begin at `#start` then. */
  #room(size: number): void {
    if (size > this.#start) {
      const used = this.#buffer.subarray(this.#start);
      this.#renew(Math.max(2 * this.#buffer.length, used.length + size));
      this.#start -= used.length;
      this.#buffer.set(used, this.#start);
    }
    this.#start -= size;
  }

  #flush(): void {
    const used = this.#buffer.subarray(this.#start);
    if (used.length === 0) return;
    this.#parts.push(used);
    this.#partsLength += used.length;
    this.#renew(leastRoom);
  }

  #renew(length: number): void {
    this.#buffer = new Uint8Array(length);
    this.#view = new DataView(this.#buffer.buffer);
    this.#start = length;
  }
}
