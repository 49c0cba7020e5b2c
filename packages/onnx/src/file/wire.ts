// The wire format of Protocol Buffers (https://protobuf.dev/programming-guides/encoding), reader and
// writer, driven by the table in proto.ts. Reading checks every length against what is there before
// it allocates, and hands out bytes as views; writing hands out big bytes as views.
import { CajalError, isCajalError } from "@cajal/core";
import { onnxProto } from "./proto";

type Schema = typeof onnxProto;
export type MessageName = keyof Schema;

interface Scalars {
  int32: number;
  int64: number;
  exact64: bigint;
  wide64: number | bigint;
  float: number;
  double: number;
  string: string;
  bytes: Uint8Array;
}

/** A repeated field of messages: each is read when it is asked for, so that few lie in memory at once. */
export type Messages<M extends MessageName> = Iterable<Message<M>> & { readonly length: number };

type TypeOf<T> = T extends keyof Scalars ? Scalars[T] : T extends MessageName ? Message<T> : never;
type ListOf<T> = T extends "float" | "double"
  ? ArrayLike<number>
  : T extends "exact64"
    ? ArrayLike<bigint>
    : T extends MessageName
      ? Messages<T>
      : readonly TypeOf<T>[];

/** A message in memory; fields that the table has not are its `rest`, as they lie in the file. */
export type Message<M extends MessageName> = {
  readonly [F in keyof Schema[M]]?: Schema[M][F] extends readonly [number, infer T, "repeated"]
    ? ListOf<T>
    : Schema[M][F] extends readonly [number, infer T]
      ? TypeOf<T>
      : never;
} & { readonly rest?: Uint8Array };

/** As protobuf's own libraries have it. */
const deepest = 100;

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

type FieldOf = {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly repeated: boolean;
};

const fields = new Map<string, { list: readonly FieldOf[]; byNumber: Map<number, FieldOf> }>(
  Object.entries(onnxProto).map(([message, table]) => {
    const list = Object.entries(table).map(
      ([name, [number, type, label]]: [string, readonly [number, string, string?]]): FieldOf => ({
        name,
        number,
        type,
        repeated: label === "repeated",
      }),
    );
    return [message, { list, byNumber: new Map(list.map((field) => [field.number, field])) }];
  }),
);

/**
 * Reads a message. Bytes in it are views of `data`.
 *
 * @throws CajalError `bad-file`, saying at which byte and field
 */
export function readMessage<M extends MessageName>(name: M, data: Uint8Array): Message<M> {
  return new Reader(data).message(name, 0, data.byteLength, 0, undefined) as Message<M>;
}

type Loose = Record<string, unknown>;

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
class Lazy implements Iterable<Loose> {
  readonly #ranges: number[] = [];
  readonly #read: (start: number, end: number, index: number) => Loose;

  constructor(read: (start: number, end: number, index: number) => Loose) {
    this.#read = read;
  }

  get length(): number {
    return this.#ranges.length / 2;
  }

  push(start: number, end: number): void {
    this.#ranges.push(start, end);
  }

  *[Symbol.iterator](): Generator<Loose> {
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
  ): Loose {
    this.#at = start;
    const { byNumber } = fields.get(name)!;
    const message: Loose = {};
    const unknown: number[] = [];
    let current: FieldOf | undefined;
    try {
      if (depth > deepest) throw this.#bad(`messages lie more than ${deepest} deep`);
      while (this.#at < end) {
        const begin = this.#at;
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
          if (unknown.at(-1) === begin) unknown[unknown.length - 1] = this.#at;
          else unknown.push(begin, this.#at);
        }
      }
    } catch (cause) {
      throw located(cause, place, current, message);
    }
    if (unknown.length > 0) message.rest = this.#ranges(unknown);
    return message;
  }

  #field(
    message: Loose,
    field: FieldOf,
    wire: number,
    end: number,
    depth: number,
    place: Place | undefined,
  ): void {
    const { name, type, repeated } = field;
    const expected = wireOf(type);
    if (fields.has(type) && wire === expected) {
      const stop = this.#length(end) + this.#at;
      if (repeated) {
        const lazy = (message[name] ??= new Lazy((from, to, index) =>
          this.message(type, from, to, depth + 1, { outer: place, field: name, index }),
        )) as Lazy;
        lazy.push(this.#at, stop);
      } else
        message[name] = this.message(type, this.#at, stop, depth + 1, {
          outer: place,
          field: name,
        });
      this.#at = stop;
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
    const stop = this.#length(end) + this.#at;
    const whole = message[name] === undefined && stop - this.#at >= 1024;
    if (type === "float" || type === "double") {
      const size = type === "float" ? 4 : 8;
      if ((stop - this.#at) % size)
        throw this.#bad(`${stop - this.#at} bytes are not whole ${type}s`);
      if (whole) {
        message[name] = this.#floats(type, stop - this.#at);
        return;
      }
    } else if (type === "exact64" && whole) {
      message[name] = this.#bigs(stop);
      return;
    }
    const all = this.#list(message, name);
    while (this.#at < stop) all.push(this.#value(type, stop));
  }

  /** A packed list may come in several pieces, though nobody writes it so. */
  #list(message: Loose, name: string): unknown[] {
    const list = message[name];
    if (Array.isArray(list)) return list;
    const made = list === undefined ? [] : Array.from(list as ArrayLike<unknown>);
    message[name] = made;
    return made;
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

  #bigs(stop: number): BigUint64Array {
    let count = 0;
    for (let i = this.#at; i < stop; i++) if (this.#data[i]! < 0x80) count++;
    const list = new BigUint64Array(count);
    for (let i = 0; i < count; i++) list[i] = this.#big(stop);
    if (this.#at !== stop) throw this.#bad("the data ends in the middle of a number");
    return list;
  }

  #string(end: number): string {
    const length = this.#length(end);
    const start = this.#at;
    this.#at += length;
    try {
      return utf8.decode(this.#data.subarray(start, this.#at));
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
    const near = Number(exact);
    return Number.isSafeInteger(near) ? near : exact;
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

function wireOf(type: string): number {
  if (type === "int32" || type.endsWith("64")) return wireTypes.varint;
  if (type === "float") return wireTypes.fixed32;
  if (type === "double") return wireTypes.fixed64;
  return wireTypes.bytes;
}

/** Puts the path of the field before an error that has none yet. */
function located(
  cause: unknown,
  place: Place | undefined,
  field: FieldOf | undefined,
  message: Loose,
): unknown {
  if (!isCajalError(cause) || "path" in cause.facts || !("at" in cause.facts)) return cause;
  const index = field?.repeated
    ? { index: (message[field.name] as ArrayLike<unknown> | undefined)?.length ?? 0 }
    : {};
  const path = pathOf(field ? { outer: place, field: field.name, ...index } : place);
  return new CajalError(
    "bad-file",
    `not a well-formed ONNX file: ${path && `${path}, `}${cause.message}`,
    { ...cause.facts, path },
  );
}

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
  const values = message as Loose;
  for (const { name: key, number, type, repeated } of fields.get(name)!.list) {
    const value = values[key];
    if (value === undefined) continue;
    if (!repeated) out.field(number, type, value);
    else if (wireOf(type) === wireTypes.bytes)
      for (const each of value as Iterable<unknown>) out.field(number, type, each);
    else if ((value as ArrayLike<unknown>).length > 0) {
      const packed = new Writer();
      for (const each of Array.from(value as ArrayLike<unknown>)) packed.scalar(type, each);
      out.tag(number, wireTypes.bytes);
      out.nested(packed.finish());
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
    const larger = new Uint8Array(Math.max(2 * this.#buffer.length, this.#used + size));
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#parts.push(this.#buffer.subarray(0, this.#used));
    this.#flushed += this.#used;
    this.#buffer = new Uint8Array(256);
    this.#used = 0;
  }
}
