// Reads the wire format of Protocol Buffers. Every length is checked against what is there before anything is
// allocated for it, and bytes are handed out as views.
import { CajalError, isCajalError } from "@cajal/core";
import {
  fields,
  wireOf,
  wireTypes,
  type Field,
  type Fields,
  type Message,
  type MessageName,
} from "./message";

/** As protobuf's own libraries have it. */
const maxDepth = 100;

/**
 * Reads a message. Bytes in it are views of `data`.
 *
 * @throws CajalError `bad-file`, saying at which byte and field
 */
export function readMessage<M extends MessageName>(name: M, data: Uint8Array): Message<M> {
  return new Reader(data).message(name, 0, data.byteLength, 0, undefined) as Message<M>;
}

/** Where a message lies: the field, and in which message. */
interface Place {
  readonly outer: Place | undefined;
  readonly field: string;
  readonly index?: number;
}

function pathOf(place: Place | undefined): string {
  const steps: string[] = [];
  for (let at = place; at; at = at.outer)
    steps.unshift(at.index === undefined ? at.field : `${at.field}[${at.index}]`);
  return steps.join(".");
}

/** The messages of a repeated field, as ranges of the bytes. */
class Lazy implements Iterable<Fields> {
  readonly #ranges: number[] = [];
  readonly #read: (start: number, end: number, index: number) => Fields;

  constructor(read: (start: number, end: number, index: number) => Fields) {
    this.#read = read;
  }

  get length(): number {
    return this.#ranges.length / 2;
  }

  push(start: number, end: number): void {
    this.#ranges.push(start, end);
  }

  *[Symbol.iterator](): Generator<Fields> {
    for (let i = 0; i < this.#ranges.length; i += 2)
      yield this.#read(this.#ranges[i]!, this.#ranges[i + 1]!, i / 2);
  }
}

class Reader {
  readonly #data: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(data: Uint8Array) {
    // Not the array itself: Node's Buffer is one whose slice() does not copy.
    this.#data = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  message(
    name: string,
    start: number,
    end: number,
    depth: number,
    place: Place | undefined,
  ): Fields {
    this.#at = start;
    const { byNumber } = fields.get(name)!;
    const message: Fields = {};
    const unknownRanges: number[] = [];
    let current: Field | undefined;
    try {
      if (depth > maxDepth) throw this.#bad(`messages lie more than ${maxDepth} deep`);
      while (this.#at < end) {
        const listStart = this.#at;
        current = undefined;
        const tag = this.#varint(end);
        const wire = tag % 8;
        const number = (tag - wire) / 8;
        if (number === 0) throw this.#bad("a field has the number 0");
        current = byNumber.get(number);
        if (current) this.#field(message, current, wire, end, depth, place);
        else {
          this.#skip(wire, end);
          // Fields side by side are one range.
          if (unknownRanges.at(-1) === listStart)
            unknownRanges[unknownRanges.length - 1] = this.#at;
          else unknownRanges.push(listStart, this.#at);
        }
      }
    } catch (cause) {
      throw located(cause, place, current, message);
    }
    if (unknownRanges.length > 0) message.rest = this.#ranges(unknownRanges);
    return message;
  }

  #field(
    message: Fields,
    field: Field,
    wire: number,
    end: number,
    depth: number,
    place: Place | undefined,
  ): void {
    const { name, type, isRepeated: repeated } = field;
    const expected = wireOf(type);
    if (fields.has(type) && wire === expected) {
      const fieldEnd = this.#length(end) + this.#at;
      if (repeated) {
        const lazy = (message[name] ??= new Lazy((from, to, index) =>
          this.message(type, from, to, depth + 1, { outer: place, field: name, index }),
        )) as Lazy;
        lazy.push(this.#at, fieldEnd);
      } else
        message[name] = this.message(type, this.#at, fieldEnd, depth + 1, {
          outer: place,
          field: name,
        });
      this.#at = fieldEnd;
      return;
    }
    if (wire === expected) {
      const value = this.#value(type, end);
      if (!repeated) message[name] = value;
      else this.#list(message, name).push(value);
      return;
    }
    if (!repeated || wire !== wireTypes.bytes)
      throw this.#bad(`wire type ${wire}, expected ${expected}`);
    const fieldEnd = this.#length(end) + this.#at;
    const isPacked = message[name] === undefined && fieldEnd - this.#at >= 1024;
    if (type === "float" || type === "double") {
      const size = type === "float" ? 4 : 8;
      if ((fieldEnd - this.#at) % size)
        throw this.#bad(`${fieldEnd - this.#at} bytes are not whole ${type}s`);
      if (isPacked) {
        message[name] = this.#floats(type, fieldEnd - this.#at);
        return;
      }
    } else if (type === "exact64" && isPacked) {
      message[name] = this.#bigs(fieldEnd);
      return;
    }
    const list = this.#list(message, name);
    while (this.#at < fieldEnd) list.push(this.#value(type, fieldEnd));
  }

  /** A packed list may come in several pieces, though nobody writes it so. */
  #list(message: Fields, name: string): unknown[] {
    const list = message[name];
    if (Array.isArray(list)) return list;
    const values = list === undefined ? [] : Array.from(list as ArrayLike<unknown>);
    message[name] = values;
    return values;
  }

  #ranges(ends: readonly number[]): Uint8Array {
    if (ends.length === 2) return this.#data.subarray(ends[0], ends[1]);
    let length = 0;
    for (let i = 0; i < ends.length; i += 2) length += ends[i + 1]! - ends[i]!;
    const bytes = new Uint8Array(length);
    for (let i = 0, at = 0; i < ends.length; i += 2) {
      bytes.set(this.#data.subarray(ends[i], ends[i + 1]), at);
      at += ends[i + 1]! - ends[i]!;
    }
    return bytes;
  }

  #value(type: string, end: number): unknown {
    switch (type) {
      case "int32":
        return this.#signed(end) | 0;
      case "int64":
        return this.#signed(end);
      case "exact64":
        return this.#big(end);
      case "wide64":
        return this.#wide(end);
      case "float":
        this.#need(4, end);
        this.#at += 4;
        return this.#view.getFloat32(this.#at - 4, true);
      case "double":
        this.#need(8, end);
        this.#at += 8;
        return this.#view.getFloat64(this.#at - 8, true);
      case "string":
        return this.#string(end);
      default: {
        const length = this.#length(end);
        this.#at += length;
        return this.#data.subarray(this.#at - length, this.#at);
      }
    }
  }

  #floats(type: string, length: number): Float32Array | Float64Array {
    const bytes = this.#data.slice(this.#at, this.#at + length);
    this.#at += length;
    return type === "float" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
  }

  #bigs(fieldEnd: number): BigUint64Array {
    let count = 0;
    for (let i = this.#at; i < fieldEnd; i++) if (this.#data[i]! < 0x80) count++;
    const list = new BigUint64Array(count);
    for (let i = 0; i < count; i++) list[i] = this.#big(fieldEnd);
    if (this.#at !== fieldEnd) throw this.#bad("the data ends in the middle of a number");
    return list;
  }

  #string(end: number): string {
    const length = this.#length(end);
    const start = this.#at;
    this.#at += length;
    try {
      return utf8.decode(this.#data.slice(start, this.#at));
    } catch {
      throw this.#bad("a text is not valid UTF-8");
    }
  }

  #length(end: number): number {
    const length = this.#varint(end);
    if (length > end - this.#at)
      throw this.#bad(`${length} bytes are announced, ${end - this.#at} are there`);
    return length;
  }

  /** Unsigned, up to 2⁶⁴; beyond 2⁵³ the nearest number. */
  #varint(end: number): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      if (this.#at >= end) throw this.#bad("the data ends in the middle of a number");
      const byte = this.#data[this.#at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw this.#bad("a number is longer than 10 bytes");
  }

  #signed(end: number): number {
    return Number(this.#wide(end));
  }

  /** A signed number, as a bigint where it is beyond ±2⁵³. */
  #wide(end: number): number | bigint {
    const start = this.#at;
    const value = this.#varint(end);
    if (value < 2 ** 53) return value;
    this.#at = start;
    const exact = BigInt.asIntN(64, this.#big(end));
    const rounded = Number(exact);
    return Number.isSafeInteger(rounded) ? rounded : exact;
  }

  #big(end: number): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.#at >= end) throw this.#bad("the data ends in the middle of a number");
      const byte = this.#data[this.#at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw this.#bad("a number is longer than 10 bytes");
  }

  #skip(wire: number, end: number): void {
    if (wire === wireTypes.varint) this.#big(end);
    else if (wire === wireTypes.bytes) {
      const length = this.#length(end);
      this.#at += length;
    } else if (wire === wireTypes.fixed32 || wire === wireTypes.fixed64) {
      const size = wire === wireTypes.fixed32 ? 4 : 8;
      this.#need(size, end);
      this.#at += size;
    } else throw this.#bad(`unknown wire type ${wire}`);
  }

  #need(size: number, end: number): void {
    if (end - this.#at < size) throw this.#bad("the data ends in the middle of a number");
  }

  #bad(what: string): CajalError {
    return new CajalError("bad-file", `at byte ${this.#at}: ${what}.`, { at: this.#at });
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Puts the path of the field before an error that has none yet. */
function located(
  cause: unknown,
  place: Place | undefined,
  field: Field | undefined,
  message: Fields,
): unknown {
  if (!isCajalError(cause) || "path" in cause.facts || !("at" in cause.facts)) return cause;
  const index = field?.isRepeated
    ? { index: (message[field.name] as ArrayLike<unknown> | undefined)?.length ?? 0 }
    : {};
  const path = pathOf(field ? { outer: place, field: field.name, ...index } : place);
  return new CajalError(
    "bad-file",
    `not a well-formed ONNX file: ${path && `${path}, `}${cause.message}`,
    { ...cause.facts, path },
  );
}
