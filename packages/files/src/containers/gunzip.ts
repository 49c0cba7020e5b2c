// gzip (RFC 1952), unpacked: at once with a limit, or as a stream.
import { CajalError, checkArgument, checkInteger, checkOptions } from "@cajal/core";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGunzip, gunzip as unpack } from "node:zlib";
import { ioErrors } from "../ioErrors";

/** Whether a file's first bytes are those of gzip. */
export function isGzip(bytes: Uint8Array): boolean {
  checkArgument("isGzip", "bytes", bytes, "bytes");
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The content of a gzip file.
 *
 * @param options.name the file's name in messages
 * @param options.limit upper limit of the content's size in bytes
 * @throws CajalError `bad-file` where it is truncated, damaged, not a gzip file, or unpacks to more
 */
export async function gunzip(
  bytes: Uint8Array,
  options: { name: string; limit: number },
): Promise<Uint8Array> {
  checkArgument("gunzip", "bytes", bytes, "bytes");
  checkOptions("gunzip", options, { name: "string", limit: { least: 1 } });
  const { name, limit } = options;
  checkInteger("gunzip", "limit", limit, { least: 1 });
  try {
    return await promisify(unpack)(bytes, { chunkSize: 2 ** 22, maxOutputLength: limit });
  } catch (cause) {
    throw gzipError(name, cause, limit);
  }
}

/**
 * Reads a file through, unpacked where `gzip` is set, piece by piece.
 *
 * @param options.gzip whether the file is a gzip file; default false
 * @param options.signal aborts the reading
 * @param read called once with the pieces; it may stop early
 * @throws CajalError `bad-file` where it is truncated, damaged or not a gzip file; `io`; what `read` throws
 * @throws the signal's reason when it is aborted
 */
export async function readThrough(
  path: string,
  options: { gzip?: boolean; signal?: AbortSignal },
  read: (pieces: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  checkArgument("readThrough", "path", path, "path");
  checkOptions("readThrough", options, { gzip: "boolean", signal: "signal" });
  checkArgument("readThrough", "read", read, "function");
  const { gzip = false, signal } = options;
  let problem: unknown;
  const reader = async (pieces: AsyncIterable<Uint8Array>) => {
    try {
      await read(pieces);
    } catch (error) {
      // The pipeline may say no more than that it was ended early.
      problem = error;
      throw error;
    }
  };
  const file = createReadStream(path, { highWaterMark: 2 ** 20 });
  let isUnreadable = false;
  file.once("error", () => (isUnreadable = true));
  try {
    await ioErrors("reading", path, () =>
      gzip
        ? pipeline(file, createGunzip({ chunkSize: 2 ** 20 }), reader, { signal })
        : pipeline(file, reader, { signal }),
    );
  } catch (error) {
    signal?.throwIfAborted();
    // Since Node 24 who reads the pieces is told as well that the file cannot be read, in the system's words.
    throw gzipError(path, isUnreadable ? error : (problem ?? error));
  }
}

/** zlib's errors as CajalErrors that name the file; others unchanged. */
function gzipError(name: string, cause: unknown, limit?: number): unknown {
  if (!(cause instanceof Error) || !("code" in cause)) return cause;
  const code = String(cause.code);
  if (code === "ERR_BUFFER_TOO_LARGE")
    return new CajalError(
      "bad-file",
      `${name}: unpacks to more than ${limit} bytes, the most that is expected here.`,
      { path: name, limit },
      { cause },
    );
  if (!code.startsWith("Z_")) return cause;
  return new CajalError(
    "bad-file",
    `${name}: ${cause.message}. It is truncated, damaged, or no gzip file.`,
    { path: name },
    { cause },
  );
}
