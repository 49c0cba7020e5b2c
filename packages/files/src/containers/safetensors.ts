// Safetensors (https://github.com/huggingface/safetensors, "Format"): 8 bytes N, little-endian; N
// bytes of JSON, name → { dtype, shape, data_offsets }; then the data, row-major and little-endian.
import {
  bytesOf,
  CajalError,
  showShape,
  sizeOf,
  type DType,
  type Tensor,
  checkArgument,
  checkTensor,
} from "@cajal/core";
import { checkSource, type ByteSource } from "../byteSource";
import { repeatedKey } from "./repeatedKey";
import { fromBfloat16, tensorOfBytes } from "./tensorOfBytes";

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The header's `__metadata__`: text by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Our element types as the format spells them. */
const dtypeNames: Readonly<Record<DType, string>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint64: "U64",
  uint32: "U32",
  uint16: "U16",
  uint8: "U8",
  bool: "BOOL",
};

/** An element type of the format, with its width in bytes. */
interface StoredType {
  readonly dtype: DType | "bfloat16";
  readonly width: number;
}
const typeOf: ReadonlyMap<string, StoredType> = new Map([
  ...Object.entries(dtypeNames).map(([key, name]): [string, StoredType] => {
    const dtype = key as DType;
    return [name, { dtype, width: bytesOf({ dtype, shape: [] }) }];
  }),
  ["BF16", { dtype: "bfloat16", width: 2 }],
]);

const metadataName = "__metadata__";

/** A header above this is refused, as the format's own reader does. */
const headerLimit = 100_000_000;

/** A file's bytes. Tensors are written with the widest elements first, so that each is aligned. */
export function encodeSafetensors(content: Safetensors): Uint8Array<ArrayBuffer> {
  checkArgument("encodeSafetensors", "content", content, "object");
  const { tensors, metadata } = content;
  checkArgument("encodeSafetensors", "tensors", tensors, "map");
  checkArgument("encodeSafetensors", "metadata", metadata, "object");
  for (const [name, value] of tensors) {
    checkArgument("encodeSafetensors", "a tensor's name", name, "string");
    checkTensor(value, name);
  }
  const width = ({ dtype }: Tensor) => bytesOf({ dtype, shape: [] });
  const sorted = [...tensors].sort(([, a], [, b]) => width(b) - width(a));
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set(metadataName, metadata);
  let at = 0;
  for (const [name, value] of sorted) {
    if (name === metadataName)
      throw new CajalError("bad-argument", 'safetensors: "__metadata__" cannot name a tensor.');
    const end = at + bytesOf(value);
    header.set(name, {
      dtype: dtypeNames[value.dtype],
      shape: value.shape,
      data_offsets: [at, end],
    });
    at = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerSize = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + headerSize + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerSize), true);
  file.fill(0x20, 8, 8 + headerSize);
  file.set(text, 8);
  let offset = 8 + headerSize;
  for (const [, { data }] of sorted) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return file;
}

/** A tensor of a file, read when it is asked for. */
export interface StoredTensor {
  /** The file's element type. */
  readonly dtype: DType | "bfloat16";
  readonly shape: readonly number[];
  /** Of the file's element type; bfloat16 becomes float32. */
  read(): Promise<Tensor>;
}

/**
 * The tensors of a file by name. Its header alone is read and checked; each tensor is read when it is asked for, so that
 * a file is never in memory as a whole.
 *
 * @throws CajalError `bad-file` where it is not well formed; `unsupported` for element types such as F8_E4M3
 */
export async function openSafetensors(source: ByteSource): Promise<{
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Safetensors["metadata"];
}> {
  checkSource("openSafetensors", source);
  const { name, size } = source;
  const headerSize = readHeaderSize(await source.read(0, Math.min(8, size)), size, name);
  const { entries, metadata } = readHeader(
    await source.read(8, headerSize),
    size - 8 - headerSize,
    name,
  );
  const tensors = [...entries].map(([key, { type, shape, from, to }]) => {
    const read = async () =>
      toTensor(type, shape, await source.read(8 + headerSize + from, to - from));
    return [key, { dtype: type.dtype, shape, read }] as const;
  });
  return { tensors: new Map(tensors), metadata };
}

/**
 * Reads a file's bytes. Every extent is checked before anything is allocated, so that a hostile file
 * costs no more memory than its own size. Tensors are copies.
 *
 * @param where the file's name in messages
 * @throws CajalError as {@link openSafetensors}
 */
export function decodeSafetensors(bytes: Uint8Array, where = "safetensors"): Safetensors {
  checkArgument("decodeSafetensors", "bytes", bytes, "bytes");
  const dataAt = 8 + readHeaderSize(bytes, bytes.length, where);
  const { entries, metadata } = readHeader(bytes.slice(8, dataAt), bytes.length - dataAt, where);
  const tensors = [...entries].map(
    ([name, { type, shape, from, to }]) =>
      [name, toTensor(type, shape, bytes.slice(dataAt + from, dataAt + to))] as const,
  );
  return { tensors: new Map(tensors), metadata };
}

const badFile = (where: string, why: string, cause?: unknown) =>
  new CajalError("bad-file", `${where}: ${why}`, { file: where }, { cause });

function readHeaderSize(bytes: Uint8Array, fileSize: number, where: string): number {
  if (fileSize < 8)
    throw badFile(where, `got ${fileSize} bytes, expected at least 8: it is cut off.`);
  const statedSize = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (statedSize > BigInt(Math.min(headerLimit, fileSize - 8)))
    throw badFile(
      where,
      `its header claims ${statedSize} bytes, and ${fileSize - 8} are there: it is cut off, or no safetensors file.`,
    );
  return Number(statedSize);
}

/** Where a tensor lies in the data. */
interface Entry {
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** @param size bytes of data after the header */
function readHeader(
  bytes: Uint8Array,
  size: number,
  where: string,
): { entries: ReadonlyMap<string, Entry>; metadata: Record<string, string> } {
  const bad = (why: string, cause?: unknown) => badFile(where, why, cause);
  let header: unknown;
  let repeated: string | undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    header = JSON.parse(text);
    repeated = repeatedKey(text);
  } catch (cause) {
    throw bad("its header is not JSON.", cause);
  }
  if (repeated !== undefined) throw bad(`its header has ${JSON.stringify(repeated)} twice.`);
  if (!isRecord(header)) throw bad("its header is not a JSON object.");

  const metadata: Record<string, string> = {};
  const { [metadataName]: texts, ...others } = header;
  if (texts !== undefined && texts !== null) {
    if (!isRecord(texts)) throw bad("its __metadata__ is not an object.");
    for (const [key, value] of Object.entries(texts)) {
      if (typeof value !== "string")
        throw bad(`its __metadata__ ${JSON.stringify(key)} is no text.`);
      Object.defineProperty(metadata, key, { value, enumerable: true });
    }
  }

  const entries = new Map<string, Entry>();
  for (const [name, entry] of Object.entries(others)) {
    const what = `tensor ${JSON.stringify(name)}`;
    if (!isRecord(entry)) throw bad(`${what} is not an object.`);
    const { dtype: dtypeName, shape, data_offsets: offsets } = entry;
    if (typeof dtypeName !== "string") throw bad(`${what} has no dtype.`);
    const type = typeOf.get(dtypeName);
    if (type === undefined)
      throw new CajalError(
        "unsupported",
        `${where}: ${what} has dtype ${JSON.stringify(dtypeName)}, expected one of ${[...typeOf.keys()].join(", ")}.`,
        { file: where, tensor: name, dtype: dtypeName },
      );
    if (!isWholeNumbers(shape)) throw bad(`${what} has no valid shape.`);
    if (!isWholeNumbers(offsets) || offsets.length !== 2)
      throw bad(`${what} has no valid offsets.`);
    const [from, to] = offsets as [number, number];
    if (from > to || to > size)
      throw bad(
        `${what} lies at bytes ${from} … ${to} of ${size}: the file is cut off or damaged.`,
      );
    const length = sizeOf(shape) * type.width;
    if (length !== to - from)
      throw bad(
        `${what}, ${dtypeName} ${showShape(shape)}, has ${to - from} bytes, expected ${length}.`,
      );
    entries.set(name, { type, shape, from, to });
  }
  // The format allows neither gaps nor overlaps.
  let at = 0;
  for (const [name, { from, to }] of [...entries].sort(
    ([, a], [, b]) => a.from - b.from || a.to - b.to,
  )) {
    if (from !== at)
      throw bad(`tensor ${JSON.stringify(name)} begins at byte ${from}, expected ${at}.`);
    at = to;
  }
  if (at !== size) throw bad(`${size - at} bytes at its end belong to no tensor.`);
  return { entries, metadata };
}

const toTensor = ({ dtype }: StoredType, shape: readonly number[], bytes: Uint8Array): Tensor =>
  dtype === "bfloat16" ? fromBfloat16(shape, bytes) : tensorOfBytes(dtype, shape, bytes);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isWholeNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
