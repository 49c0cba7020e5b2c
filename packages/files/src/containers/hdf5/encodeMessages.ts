// The messages that a written object header consists of (section IV.A.2), in the versions that every HDF5
// since 1.8 reads.
import { CajalError, type DType, type Tensor } from "@cajal/core";
import { ByteWriter, padding } from "./byteWriter";
import { messageType } from "./objectHeader";

export interface EncodedMessage {
  readonly type: number;
  readonly body: Uint8Array;
}

/** The type of text of variable length; its values lie in the global heap. */
export const variableText = (): Uint8Array =>
  // Class 9 (variable length) of kind text, UTF-8, 16 bytes each; based on single characters.
  new ByteWriter().u8(0x19, 1, 1, 0).u32(16).put(fixedText(1, 0)).bytes();

/** The type of text of `size` bytes; filled with zeros (1) or ended by one (0). */
export const fixedText = (size: number, paddingType: 0 | 1 = 1): Uint8Array =>
  new ByteWriter().u8(0x13, paddingType, 0, 0).u32(size).bytes();

/** The type of numbers and truth values, as h5py writes them. */
export function numberType(dtype: DType): Uint8Array {
  if (dtype === "bool") {
    // An enumeration of int8: FALSE, TRUE.
    const names = ["FALSE", "TRUE"].map((name) => name.padEnd(8, "\0")).join("");
    return new ByteWriter()
      .u8(0x18, 2, 0, 0)
      .u32(1)
      .put(numberType("int8"))
      .ascii(names)
      .u8(0, 1)
      .bytes();
  }
  const size = Number(/\d+/.exec(dtype)![0]) / 8;
  const writer = new ByteWriter();
  const float = { float16: [10, 5, 15], float32: [23, 8, 127], float64: [52, 11, 1023] };
  if (dtype in float) {
    const [mantissa, exponent, bias] = float[dtype as keyof typeof float] as [number, number, number]; // prettier-ignore
    // IEEE 754: the mantissa's first bit is not stored; the sign is the highest bit.
    writer.u8(0x11, 0x20, size * 8 - 1, 0).u32(size).u16(0, size * 8); // prettier-ignore
    return writer.u8(mantissa, exponent, 0, mantissa).u32(bias).bytes();
  }
  return writer.u8(0x10, dtype.startsWith("int") ? 8 : 0, 0, 0).u32(size).u16(0, size * 8).bytes(); // prettier-ignore
}

export const dataspace = (shape: readonly number[]): Uint8Array =>
  new ByteWriter().u8(1, shape.length, 0).zeros(5).u64(...shape).bytes(); // prettier-ignore

/** A dataset whose bytes lie in one piece. */
export const datasetMessages = ({ dtype, shape, data }: Tensor, at: number): EncodedMessage[] => [
  { type: messageType.dataspace, body: dataspace(shape) },
  { type: messageType.datatype, body: numberType(dtype) },
  // Fill value: space is taken late, written where it is defined; it is the default.
  { type: messageType.fillValue, body: new ByteWriter().u8(2, 2, 2, 1).u32(0).bytes() },
  {
    type: messageType.layout,
    // No address where there is nothing.
    body: new ByteWriter()
      .u8(3, 1)
      .u64(data.byteLength > 0 ? at : undefined, data.byteLength)
      .bytes(),
  },
];

export const symbolTable = (tree: number, heap: number): EncodedMessage => ({
  type: messageType.symbolTable,
  body: new ByteWriter().u64(tree, heap).bytes(),
});

/** @throws CajalError `bad-argument` for one that no header holds */
export function attributeMessage(
  name: string,
  type: Uint8Array,
  space: Uint8Array,
  value: Uint8Array,
): EncodedMessage {
  const nameBytes = new TextEncoder().encode(`${name}\0`);
  const size = nameBytes.length + type.length + space.length + value.length;
  if (size > 64_500)
    throw new CajalError(
      "bad-argument",
      `HDF5: attribute ${JSON.stringify(name)} takes ${size} bytes; at most 64,500 fit. Split it, as Keras does.`,
      { attribute: name, size },
    );
  const body = new ByteWriter()
    .u8(3, 0)
    .u16(nameBytes.length, type.length, space.length)
    .u8(1) // the name is UTF-8
    .put(nameBytes)
    .put(type)
    .put(space)
    .put(value);
  return { type: messageType.attribute, body: body.bytes() };
}

/**
 * An object header of version 1 in one block.
 *
 * @throws CajalError `bad-argument` for more messages than it counts
 */
export function objectHeader(messages: readonly EncodedMessage[]): Uint8Array {
  if (messages.length > 0xffff)
    throw new CajalError(
      "bad-argument",
      `HDF5: an object has ${messages.length} messages, one for each attribute and a few others; at most 65,535 fit. Put several attributes into one, as a list.`,
      { messages: messages.length },
    );
  const size = messages.reduce((sum, { body }) => sum + 8 + body.length + padding(body.length), 0);
  const writer = new ByteWriter().u8(1, 0).u16(messages.length).u32(1, size).zeros(4);
  for (const { type, body } of messages) {
    // The types of data never change.
    const flags = type === messageType.datatype || type === messageType.fillValue ? 1 : 0;
    writer
      .u16(type, body.length + padding(body.length))
      .u8(flags, 0, 0, 0)
      .put(body)
      .pad();
  }
  return writer.bytes();
}
