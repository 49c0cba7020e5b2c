// Decodes the filters that were applied to chunks (filter pipeline message, section IV.A.2.l).
import type { Container } from "./container";
import type { Cursor } from "./cursor";

export interface Filter {
  readonly id: number;
  readonly name: string;
  readonly values: readonly number[];
}

export function readFilters(body: Cursor): Filter[] {
  const version = body.version(1, 2);
  const count = body.u8();
  if (version === 1) body.skip(6);
  return Array.from({ length: count }, () => {
    const id = body.u16();
    const nameLength = version === 1 || id >= 256 ? body.u16() : 0;
    body.skip(2); // flags
    const number = body.u16();
    const name = new TextDecoder().decode(body.take(nameLength)).replace(/\0.*$/s, "");
    if (version === 1) body.skip((8 - (nameLength % 8)) % 8);
    const values = Array.from({ length: number }, body.u32);
    if (version === 1 && number % 2 === 1) body.skip(4);
    return { id, name, values };
  });
}

type Decode = (bytes: Uint8Array, size: number, filter: Filter) => Uint8Array | Promise<Uint8Array>;

/** By id; registered ones: portal.hdfgroup.org, "Registered Filter Plugins". */
const knownFilters: Readonly<Record<number, { name: string; decode?: Decode }>> = {
  1: { name: "deflate", decode: inflate },
  2: { name: "shuffle", decode: unshuffle },
  3: { name: "fletcher32", decode: checkFletcher32 },
  4: { name: "szip" },
  5: { name: "nbit" },
  6: { name: "scaleoffset" },
  32000: { name: "lzf", decode: unpackLzf },
  32001: { name: "blosc" },
  32004: { name: "lz4" },
  32008: { name: "bitshuffle" },
  32015: { name: "zstd" },
  32026: { name: "blosc2" },
};

/** @throws CajalError `unsupported` naming the first filter that cannot be undone */
export function checkFilters(
  container: Container,
  filters: readonly Filter[],
  dataset: string,
): void {
  for (const { id, name } of filters)
    if (!knownFilters[id]?.decode)
      throw container.unsupported(
        `${dataset} went through the filter ${knownFilters[id]?.name ?? (name || "without a name")} (id ${id}), which is not undone here. Write the file without it (h5repack -f NONE).`,
        { dataset, filter: id },
      );
}

/** A chunk's bytes before the filters were applied. @param size how many bytes there must be */
export async function unfilter(
  container: Container,
  filters: readonly Filter[],
  {
    bytes,
    mask,
    size,
    dataset,
  }: { bytes: Uint8Array; mask: number; size: number; dataset: string },
): Promise<Uint8Array> {
  for (let i = filters.length - 1; i >= 0; i--) {
    const filter = filters[i]!;
    if (mask & (1 << i)) continue;
    // A checksum that is still to be undone adds four bytes to what unpacks.
    const checksums = filters.slice(0, i).filter(({ id }) => id === 3).length;
    try {
      bytes = await knownFilters[filter.id]!.decode!(bytes, size + 4 * checksums, filter);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw container.bad(
        `a chunk of ${dataset}: ${knownFilters[filter.id]!.name}: ${why} The file is damaged.`,
        {
          dataset,
        },
      );
    }
  }
  if (bytes.length !== size)
    throw container.bad(
      `a chunk of ${dataset} unpacks to ${bytes.length} bytes, expected ${size}. The file is damaged.`,
      { dataset, got: bytes.length, expected: size },
    );
  return bytes;
}

/** zlib's format, by the platform's own; never more than `size` bytes are unpacked. */
async function inflate(bytes: Uint8Array, size: number): Promise<Uint8Array> {
  const notDeflate = (cause: unknown) => new Error("it is not deflate data.", { cause });
  const tooMuch = () => new Error(`it unpacks to more than ${size} bytes.`);
  // Node's own is ten times as fast as its DecompressionStream.
  const zlib = globalThis.process?.getBuiltinModule?.("node:zlib");
  if (zlib)
    try {
      return zlib.inflateSync(bytes, { maxOutputLength: Math.max(1, size) });
    } catch (cause) {
      throw (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"
        ? tooMuch()
        : notDeflate(cause);
    }
  const out = new Uint8Array(size);
  let at = 0;
  const unpacked = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream("deflate"));
  const reader = unpacked.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw notDeflate(cause);
    });
    if (done) return out.subarray(0, at);
    if (at + value.length > size) {
      await reader.cancel();
      throw tooMuch();
    }
    out.set(value, at);
    at += value.length;
  }
}

/** Byte i of all elements is stored together; the rest of a chunk, less than an element, is at the end. */
function unshuffle(bytes: Uint8Array, _size: number, { values }: Filter): Uint8Array {
  const width = values[0] ?? 1;
  if (width <= 1) return bytes;
  const count = Math.floor(bytes.length / width);
  const out = new Uint8Array(bytes.length);
  for (let byte = 0; byte < width; byte++) {
    const from = byte * count;
    for (let i = 0; i < count; i++) out[i * width + byte] = bytes[from + i]!;
  }
  out.set(bytes.subarray(count * width), count * width);
  return out;
}

/** Fletcher's checksum over 16-bit big-endian words (H5checksum.c), in the four bytes at the end. */
function checkFletcher32(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) throw new Error("the chunk is too short for a checksum.");
  const data = bytes.subarray(0, -4);
  let a = 0;
  let b = 0;
  const words = data.length >> 1;
  for (let i = 0; i < words;) {
    for (const end = Math.min(words, i + 360); i < end; i++) {
      a += (data[2 * i]! << 8) | data[2 * i + 1]!;
      b += a;
    }
    a = (a & 0xffff) + (a >>> 16);
    b = (b & 0xffff) + Math.floor(b / 65536);
  }
  if (data.length & 1) {
    a += data.at(-1)! << 8;
    b += a;
  }
  const fold = (x: number) => {
    while (x > 0xffff) x = (x & 0xffff) + Math.floor(x / 65536);
    return x;
  };
  const actual = ((fold(b) << 16) | fold(a)) >>> 0;
  const stated = new DataView(bytes.buffer, bytes.byteOffset + data.length, 4).getUint32(0, true);
  if (actual !== stated) throw new Error("the Fletcher-32 checksum does not agree.");
  return data;
}

/** LibLZF (M. Lehmann), as h5py registers it: literals, and references back into the output. */
function unpackLzf(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  let to = 0;
  const next = () => {
    if (at >= bytes.length) throw new Error("the data end too early.");
    return bytes[at++]!;
  };
  while (at < bytes.length) {
    const control = next();
    if (control < 32) {
      const count = control + 1;
      if (at + count > bytes.length || to + count > size) throw new Error("a run is too long.");
      out.set(bytes.subarray(at, at + count), to);
      at += count;
      to += count;
    } else {
      let count = control >> 5;
      if (count === 7) count += next();
      count += 2;
      let from = to - ((control & 31) << 8) - next() - 1;
      if (from < 0 || to + count > size) throw new Error("a reference leads outside.");
      while (count-- > 0) out[to++] = out[from++]!;
    }
  }
  return to === size ? out : out.subarray(0, to);
}
