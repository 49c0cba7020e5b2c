// A file on disk as a source of bytes.
import { open } from "node:fs/promises";
import { type ByteSource, checkRange } from "./byteSource";
import { ioErrors } from "./ioErrors";

/**
 * Opens a file for reading ranges of it. Close it, or let `await using` do so.
 *
 * @throws CajalError `io` where it cannot be opened or read
 */
export async function fileSource(path: string): Promise<ByteSource & AsyncDisposable> {
  const file = await ioErrors("opening", path, () => open(path));
  const { size } = await ioErrors("reading", path, () => file.stat());
  return {
    name: path,
    size,
    async read(offset, length) {
      checkRange(path, size, offset, length);
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length;) {
        const { bytesRead } = await ioErrors("reading", path, () =>
          file.read(bytes, at, length - at, offset + at),
        );
        if (bytesRead === 0) checkRange(path, offset + at, offset, length); // it became shorter
        at += bytesRead;
      }
      return bytes;
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
