// Safetensors (https://github.com/huggingface/safetensors, "Format"): 8 bytes N, little-endian; N
// bytes of JSON, name → { dtype, shape, data_offsets }; then the data, row-major and little-endian.
import {
  bytesOf,
  CajalError,
  showShape,
  sizeOf,
  tensor,
  type DType,
  type Tensor,
  checkArgument,
  checkTensor,
} from "@cajal/core";

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
const dtypeOf = new Map(Object.entries(dtypeNames).map(([dtype, name]) => [name, dtype as DType]));

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

/**
 * Reads a file's bytes. Every extent is checked before anything is allocated, so that a hostile file
 * costs no more memory than its own size. Tensors are copies.
 *
 * @param where the file's name in messages
 * @throws CajalError `bad-file` where it is not well formed; `unsupported` for element types such as BF16
 */
export function decodeSafetensors(bytes: Uint8Array, where = "safetensors"): Safetensors {
  checkArgument("decodeSafetensors", "bytes", bytes, "bytes");
  const bad = (why: string, cause?: unknown) =>
    new CajalError("bad-file", `${where}: ${why}`, { file: where }, { cause });
  if (bytes.length < 8) throw bad(`got ${bytes.length} bytes, expected at least 8: it is cut off.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const statedSize = view.getBigUint64(0, true);
  if (statedSize > BigInt(Math.min(headerLimit, bytes.length - 8)))
    throw bad(
      `its header claims ${statedSize} bytes, and ${bytes.length - 8} are there: it is cut off, or no safetensors file.`,
    );
  const headerSize = Number(statedSize);
  let header: unknown;
  try {
    header = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + headerSize)),
    );
  } catch (cause) {
    throw bad("its header is not JSON.", cause);
  }
  if (!isRecord(header)) throw bad("its header is not a JSON object.");

  const metadata: Record<string, string> = {};
  const { [metadataName]: texts, ...entries } = header;
  if (texts !== undefined) {
    if (!isRecord(texts)) throw bad("its __metadata__ is not an object.");
    for (const [key, value] of Object.entries(texts)) {
      if (typeof value !== "string")
        throw bad(`its __metadata__ ${JSON.stringify(key)} is no text.`);
      Object.defineProperty(metadata, key, { value, enumerable: true });
    }
  }

  const size = bytes.length - 8 - headerSize;
  const tensors = new Map<string, Tensor>();
  const ranges: { name: string; from: number; to: number }[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const what = `tensor ${JSON.stringify(name)}`;
    if (!isRecord(entry)) throw bad(`${what} is not an object.`);
    const { dtype: dtypeName, shape, data_offsets: offsets } = entry;
    if (typeof dtypeName !== "string") throw bad(`${what} has no dtype.`);
    const dtype = dtypeOf.get(dtypeName);
    if (dtype === undefined)
      throw new CajalError(
        "unsupported",
        `${where}: ${what} has dtype ${JSON.stringify(dtypeName)}, expected one of ${[...dtypeOf.keys()].join(", ")}.`,
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
    const length = bytesOf({ dtype, shape });
    if (length !== to - from)
      throw bad(
        `${what}, ${dtype} ${showShape(shape)}, has ${to - from} bytes, expected ${length}.`,
      );
    ranges.push({ name, from, to });
    tensors.set(
      name,
      read(dtype, shape, bytes.subarray(8 + headerSize + from, 8 + headerSize + to)),
    );
  }
  // The format allows neither gaps nor overlaps.
  let at = 0;
  for (const { name, from, to } of ranges.sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== at)
      throw bad(`tensor ${JSON.stringify(name)} begins at byte ${from}, expected ${at}.`);
    at = to;
  }
  if (at !== size) throw bad(`${size - at} bytes at its end belong to no tensor.`);
  return { tensors, metadata };
}

function read(dtype: DType, shape: readonly number[], bytes: Uint8Array): Tensor {
  const empty = tensor(dtype, [sizeOf(shape)]);
  new Uint8Array(empty.data.buffer).set(bytes);
  return { dtype, shape, data: empty.data };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isWholeNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
