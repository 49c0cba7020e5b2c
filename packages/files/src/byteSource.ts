// Bytes that are read by ranges: a file on disk, a Blob, an array in memory. Readers of containers ask only for
// the ranges that they need, so that a file of 500 MB is never in memory as a whole.
import { CajalError, checkArgument, checkInteger, showValue } from "@cajal/core";

export interface ByteSource {
  /** Its name in messages: a path, a URL. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /**
   * Reads `length` bytes from `offset` on. The result may be a view of the source's own memory and must not be
   * written to.
   *
   * @throws CajalError `bad-file` where the range is not within the size
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** An array in memory; reads are views of it, and copies of memory that is shared: browsers decode no text in that. */
export function bytesSource(bytes: Uint8Array, name = "bytes"): ByteSource {
  checkArgument("bytesSource", "bytes", bytes, "bytes");
  const isShared = Object.prototype.toString.call(bytes.buffer) === "[object SharedArrayBuffer]";
  return {
    name,
    size: bytes.byteLength,
    read: async (offset, length) => {
      checkRange(name, bytes.byteLength, offset, length);
      return bytes[isShared ? "slice" : "subarray"](offset, offset + length);
    },
  };
}

/** A Blob or File, as browsers hand them out. */
export function blobSource(
  blob: Blob,
  name = typeof blob === "object" && blob && "name" in blob ? String(blob.name) : "blob",
): ByteSource {
  checkArgument("blobSource", "blob", blob, "blob");
  return {
    name,
    size: blob.size,
    read: async (offset, length) => {
      checkRange(name, blob.size, offset, length);
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
  };
}

/** Checks that a value is a source of bytes. @throws CajalError `bad-argument` */
export function checkSource(where: string, source: ByteSource): void {
  if (typeof source !== "object" || source === null)
    throw new CajalError("bad-argument", `${where}: got ${showValue(source)} as source, expected ranges of bytes: await fileSource(path) of @cajal/files/node, blobSource(blob) or bytesSource(bytes).`); // prettier-ignore
  checkArgument(where, "source.name", source.name, "string");
  checkInteger(where, "source.size", source.size, { least: 0 });
  checkArgument(where, "source.read", source.read, "function");
}

/** @throws CajalError `bad-file` where a range does not lie within the size */
export function checkRange(name: string, size: number, offset: number, length: number): void {
  if (!(Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset + length <= size))
    throw new CajalError(
      "bad-file",
      `${name}: wants ${length} bytes at ${offset}, and has ${size}. It is truncated or damaged.`,
      { name, offset, length, size },
    );
}
