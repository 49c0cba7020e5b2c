// A file on disk as a source of bytes.
import { open, type FileHandle } from "node:fs/promises";
import { type ByteSource, checkRange } from "./byteSource";
import { ioErrors } from "./ioErrors";

/**
 * Opens a file for reading ranges of it. Close it, or let `await using` do so; it is closed, too, when nobody has it any
 * more, as a data set that reads from it.
 *
 * @throws CajalError `io` where it cannot be opened or read
 */
export async function fileSource(path: string): Promise<ByteSource & AsyncDisposable> {
  const file = await ioErrors("opening", path, () => open(path));
  const { size } = await ioErrors("reading", path, () => file.stat());
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
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
  };
  // Of the function, which a call that is under way has, too.
  unused.register(read, file, read);
  const close = () => {
    unused.unregister(read);
    return file.close();
  };
  return { name: path, size, read, [Symbol.asyncDispose]: close };
}

/** Node warns of handles that it has to close by itself. */
const unused = new FinalizationRegistry<FileHandle>((file) => void file.close().catch(() => {}));
