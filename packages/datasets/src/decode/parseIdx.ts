// IDX, the file format of MNIST (described at the end of yann.lecun.com/exdb/mnist): a magic number
// 0 0 type rank, the extents as big-endian uint32, the elements row-major and big-endian.
import {
  CajalError,
  type DType,
  sizeOf,
  type Tensor,
  tensor,
  checkArgument,
  checkOptions,
} from "@cajal/core";

const types = {
  0x08: { dtype: "uint8", bytes: 1 },
  0x09: { dtype: "int8", bytes: 1 },
  0x0b: { dtype: "int16", bytes: 2 },
  0x0c: { dtype: "int32", bytes: 4 },
  0x0d: { dtype: "float32", bytes: 4 },
  0x0e: { dtype: "float64", bytes: 8 },
} as const;

/**
 * Reads an IDX file, unpacked.
 *
 * @param bytes the whole file; a uint8 tensor's data is a view of it, not a copy
 * @param options.name what to call the file in messages
 * @throws CajalError `bad-file` for another format, a truncated file, and one that has more or fewer
 *   bytes than its header says
 */
export function parseIdx(bytes: Uint8Array, options: { name?: string } = {}): Tensor {
  checkArgument("parseIdx", "bytes", bytes, "bytes");
  checkOptions("parseIdx", options, ["name"]);
  const { name = "IDX file" } = options;
  const bad = (problem: string, facts: Record<string, unknown>) =>
    new CajalError("bad-file", `${name}: ${problem}`, { name, length: bytes.length, ...facts });
  const magic = Array.from(bytes.subarray(0, 4));
  const [zero, zero2, code, rank] = magic;
  if (zero === 0x1f && zero2 === 0x8b)
    throw bad("got a gzip file, expected IDX. Unpack it first (gunzip).", { magic });
  if (code === undefined || rank === undefined)
    throw bad(`got ${bytes.length} bytes, expected a header of at least 4. It is truncated.`, {});
  const type = Object.entries(types).find(([key]) => Number(key) === code)?.[1];
  if (zero !== 0 || zero2 !== 0 || type === undefined)
    throw bad(
      `got magic number ${hex(magic)}, expected 00 00, a type (${hex(Object.keys(types).map(Number))}) and the rank. It is no IDX file, or damaged.`,
      { magic },
    );
  const header = 4 + 4 * rank;
  if (bytes.length < header)
    throw bad(
      `got ${bytes.length} bytes, expected a header of ${header} for rank ${rank}. It is truncated.`,
      { expected: header },
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expected = header + sizeOf(shape) * type.bytes;
  if (bytes.length !== expected)
    throw bad(
      `got ${bytes.length} bytes, expected ${expected} for ${type.dtype} [${shape.join(",")}]. ${bytes.length < expected ? "It is truncated, or its header is damaged." : "It has bytes after its end, or its header is damaged."}`,
      { expected, shape },
    );
  return elements(type.dtype, shape, bytes.subarray(header));
}

function elements(
  dtype: (typeof types)[keyof typeof types]["dtype"],
  shape: number[],
  body: Uint8Array,
): Tensor {
  if (dtype === "uint8") return tensor(dtype, shape, body);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const read: Record<typeof dtype, (i: number) => number> = {
    int8: (i) => view.getInt8(i),
    int16: (i) => view.getInt16(2 * i),
    int32: (i) => view.getInt32(4 * i),
    float32: (i) => view.getFloat32(4 * i),
    float64: (i) => view.getFloat64(8 * i),
  };
  const array: Tensor<DType> = tensor(dtype, shape);
  for (let i = 0; i < array.data.length; i++) array.data[i] = read[dtype](i);
  return array;
}

const hex = (bytes: readonly number[]) =>
  bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
