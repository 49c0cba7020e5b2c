// A file fetched into memory from the first of several mirrors that delivers it: for browsers, and without the cache.
import { CajalError, checkArgument, checkOptions, optionsOf } from "@cajal/core";
import { checkRange, type ByteSource } from "../byteSource";
import { requestOptions, type DownloadOptions } from "./download";
import { resumable, type FileStore, type Note } from "./fileStore";
import { fromFirst } from "./fromFirst";

export interface FetchBytesOptions extends DownloadOptions {
  /** URLs of the file, tried in order. */
  urls: readonly string[];
  /** Upper limit of the file's size in bytes; default 2 GiB. */
  largest?: number;
}

/**
 * Fetches a file into memory; broken connections are resumed, as `fetchFile` does for the cache. Takes the
 * file's size in memory, once.
 *
 * @throws CajalError `network`, `timeout`, `checksum-mismatch` (of its size) when every mirror failed: that of the
 *   last one; `facts.attempts` has all
 * @throws the signal's reason when it is aborted
 * @example const file = await fetchBytes({ urls: ["https://example.org/model.h5"], signal });
 */
export async function fetchBytes(options: FetchBytesOptions): Promise<ByteSource> {
  checkOptions("fetchBytes", options, optionNames);
  const { urls, largest = 2 ** 31, size, signal } = options;
  checkArgument("fetchBytes", "urls", urls, "strings");
  const name = urls[0];
  if (name === undefined)
    throw new CajalError("bad-argument", "fetchBytes: got no urls, expected at least one.", {});
  signal?.throwIfAborted();
  const { store, source } = memoryStore(name, { largest, expected: size });
  await fromFirst(urls, store, options);
  return source();
}

const optionNames = optionsOf<FetchBytesOptions>({
  urls: "strings",
  largest: { whole: true, least: 0 },
  size: { whole: true, least: 0 },
  ...requestOptions,
});

/** A store of pieces in the order of arrival, and the offset of each. */
function memoryStore(
  name: string,
  { largest, expected }: { readonly largest: number; readonly expected: number | undefined },
) {
  let pieces: Uint8Array[] = [];
  let pieceOffsets: number[] = [];
  let size = 0;
  let savedNote: Partial<Note> = {};
  const reset = () => {
    pieces = [];
    pieceOffsets = [];
    size = 0;
  };
  const store: FileStore = {
    path: name,
    resumePoint: async (url) => resumable(savedNote, url, size),
    note: async (note) => {
      savedNote = note;
    },
    async open(offset) {
      if (offset === 0) reset();
      return {
        async write(bytes, from) {
          if (from + bytes.length > largest)
            throw new CajalError(
              "bad-file",
              `${name}: got more than ${largest} bytes, the most that are read into memory. Fetch the file first, and give its path.`,
              { name, largest },
            );
          pieces.push(bytes);
          pieceOffsets.push(from);
          size = from + bytes.length;
        },
        flush: async () => {},
        close: async () => {},
      };
    },
    problem: async () =>
      expected === undefined || size === expected
        ? undefined
        : {
            missing: false,
            message: `got a file of ${size} bytes, expected ${expected}.`,
            facts: { got: size, expected },
          },
    async discard() {
      reset();
      savedNote = {};
    },
    finish: async () => {},
  };
  const source = (): ByteSource => ({
    name,
    size,
    read: async (offset, length) => {
      checkRange(name, size, offset, length);
      // The last piece that begins at or before the offset.
      let [low, high] = [0, pieces.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (pieceOffsets[middle]! <= offset) low = middle;
        else high = middle - 1;
      }
      const first = pieces[low];
      if (first === undefined || length === 0) return new Uint8Array(0);
      const within = offset - pieceOffsets[low]!;
      if (within + length <= first.length) return first.subarray(within, within + length);
      const bytes = new Uint8Array(length);
      for (let at = 0, i = low; at < length; i++) {
        const from = offset + at - pieceOffsets[i]!;
        const part = pieces[i]!.subarray(from, from + length - at);
        bytes.set(part, at);
        at += part.length;
      }
      return bytes;
    },
  });
  return { store, source };
}
