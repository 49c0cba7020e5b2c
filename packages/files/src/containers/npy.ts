// NumPy's .npy (numpy.org/doc/stable/reference/generated/numpy.lib.format.html): "\x93NUMPY", a version,
// the length of a header, the header (a Python dictionary of three entries), the elements.
import {
  bytesOf,
  CajalError,
  sizeOf,
  tensor,
  type DType,
  type Tensor,
  checkArgument,
  checkTensor,
} from "@cajal/core";

/** Types as the header spells them, without their byte order. */
const typeCodes: Readonly<Record<DType, string>> = {
  float16: "f2",
  float32: "f4",
  float64: "f8",
  int8: "i1",
  int16: "i2",
  int32: "i4",
  int64: "i8",
  uint8: "u1",
  uint16: "u2",
  uint32: "u4",
  uint64: "u8",
  bool: "b1",
};
const dtypeOf = new Map(Object.entries(typeCodes).map(([dtype, code]) => [code, dtype as DType]));

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Whether these first bytes are those of a .npy file. */
export function looksLikeNpy(bytes: Uint8Array): boolean {
  checkArgument("looksLikeNpy", "bytes", bytes, "bytes");
  return magic.every((byte, i) => bytes[i] === byte);
}

/**
 * The array of a .npy file, row-major whatever its order in the file. Nothing in the header is evaluated.
 *
 * @param where the file's name in messages
 * @throws CajalError `bad-file` for another format, a truncated or damaged file; `unsupported` for types that
 *   Cajal does not hold: complex numbers, texts, records, pickled objects
 */
export function decodeNpy(bytes: Uint8Array, where = "npy"): Tensor {
  checkArgument("decodeNpy", "bytes", bytes, "bytes");
  const bad = (why: string) => new CajalError("bad-file", `${where}: ${why}`, { file: where });
  if (!looksLikeNpy(bytes)) throw bad("it is no .npy file: it does not begin with \\x93NUMPY.");
  const version = bytes[6] ?? 0;
  if (![1, 2, 3].includes(version))
    throw bad(`it is of format version ${version}; known are 1, 2 and 3.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw bad("its header is truncated.");
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length) throw bad("its header is truncated.");
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(
    bytes.subarray(start, start + length),
  );
  const { descr, fortran, shape } = readHeader(text, bad);
  const dtype = dtypeOf.get(descr.slice(1));
  if (!dtype || !"<>|=".includes(descr[0]!))
    throw new CajalError(
      "unsupported",
      `${where}: got elements of type ${descr}${descr.endsWith("O") ? ", pickled Python objects" : ""}, expected numbers or truth values.`,
      { file: where, dtype: descr },
    );
  const expected = bytesOf({ dtype, shape });
  const got = bytes.length - start - length;
  if (got !== expected)
    throw bad(
      `its elements take ${got} bytes, expected ${expected} for shape [${shape.join(",")}]: ${got < expected ? `${expected - got} are missing. It is truncated.` : `${got - expected} are left over.`}`,
    );
  const array = tensor(dtype, shape);
  const data = new Uint8Array(array.data.buffer);
  data.set(bytes.subarray(start + length));
  const width = bytesOf({ dtype, shape: [] });
  if (descr.startsWith(">"))
    for (let at = 0; at < data.length; at += width) data.subarray(at, at + width).reverse();
  return fortran ? rowMajor(array) : array;
}

/** The three entries of the dictionary, by their own small grammar: names, a text, a truth value, a tuple. */
function readHeader(text: string, bad: (why: string) => CajalError) {
  const tokens = text.match(/'[^']*'|"[^"]*"|[{}():,[\]]|[A-Za-z]+|-?\d+L?|[^\s]/g) ?? [];
  let at = 0;
  const next = () => tokens[at++];
  const malformed = () =>
    bad("its header is not the dictionary of descr, fortran_order and shape.");
  const entries = new Map<string, string | boolean | number[]>();
  if (next() !== "{") throw malformed();
  while (tokens[at] !== "}") {
    const key = /^['"](.*)['"]$/.exec(next() ?? "")?.[1];
    if (key === undefined || entries.has(key) || next() !== ":") throw malformed();
    const value = next() ?? "";
    if (/^['"]/.test(value)) entries.set(key, value.slice(1, -1));
    else if (value === "True" || value === "False") entries.set(key, value === "True");
    else if (value === "(") {
      const extents: number[] = [];
      while (tokens[at] !== ")") {
        const extent = next() ?? "";
        if (!/^\d+L?$/.test(extent))
          throw bad(
            `its shape has the extent ${JSON.stringify(extent)}, expected whole numbers of at least 0.`,
          );
        extents.push(Number.parseInt(extent, 10));
        if (tokens[at] === ",") at++;
      }
      at++;
      entries.set(key, extents);
    } else if (value === "[") throw bad("its elements are records, which are not read.");
    else throw malformed();
    if (tokens[at] === ",") at++;
    else if (tokens[at] !== "}") throw malformed();
  }
  const [descr, fortran, shape] = ["descr", "fortran_order", "shape"].map((key) =>
    entries.get(key),
  );
  if (typeof descr !== "string" || descr.length < 2 || typeof fortran !== "boolean")
    throw malformed();
  if (!Array.isArray(shape) || entries.size !== 3) throw malformed();
  if (![...shape, sizeOf(shape) * 8].every(Number.isSafeInteger))
    throw bad(`its shape [${shape.join(",")}] is too large.`);
  return { descr, fortran, shape };
}

/** Column-major elements in row-major order. */
function rowMajor(array: Tensor): Tensor {
  const { dtype, shape, data } = array;
  const transposed = tensor(dtype, shape);
  const to = transposed.data as { [index: number]: number | bigint };
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) from = from * shape[axis]! + index[axis]!;
    to[i] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--)
      index[axis] = 0;
  }
  return transposed;
}

/** An array as a .npy file, format version 1.0, little-endian and row-major, as `numpy.save` writes it. */
export function encodeNpy(array: Tensor): Uint8Array<ArrayBuffer> {
  checkTensor(array, "encodeNpy");
  const { dtype, shape, data } = array;
  const code = typeCodes[dtype];
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const order = code.endsWith("1") ? "|" : "<";
  const header = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${extents}), }`;
  // The elements begin at a multiple of 64; the header ends with a line break.
  const start = Math.ceil((10 + header.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + data.byteLength);
  bytes.set([...magic, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, start - 10, true);
  bytes.set(new TextEncoder().encode(`${header.padEnd(start - 11)}\n`), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}
