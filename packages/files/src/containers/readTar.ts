// tar archives (POSIX.1-1988, "ustar"): for each member a header of 512 bytes and its content, filled up
// to a multiple of 512; a header of zeros ends the archive. Read here rather than by a library: those
// that read every dialect weigh as much as this package.
import { CajalError, checkArgument, checkNumber, checkOptions } from "@cajal/core";

export interface TarMember {
  /** Path within the archive. */
  readonly name: string;
  readonly content: Uint8Array;
}

export interface ReadTarOptions {
  /** What to call the archive in messages. */
  name: string;
  /** Which members, by their path; the others are passed over. Default: all files. */
  wants?: (name: string) => boolean;
  /** Bytes that a wanted member has at most: none may fill the memory. */
  limit: number;
}

/**
 * The files of an archive, unpacked from its compression, in their order; one of them is in memory at a
 * time. Members that are no files (folders, links, headers of other dialects) are passed over.
 *
 * @throws CajalError `bad-file` for another format, a truncated archive, a damaged header, and a wanted
 *   member above the limit
 * @example for await (const { name, content } of readTar(bytes, { name: "x.tar", limit: 2 ** 20 })) …
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReadTarOptions,
): AsyncGenerator<TarMember, void, undefined> {
  checkArgument("readTar", "chunks", chunks, "asyncIterable");
  checkOptions("readTar", options, ["name", "wants", "limit"]);
  const { name: archive, wants = () => true, limit } = options;
  checkArgument("readTar", "name", archive, "string");
  checkArgument("readTar", "wants", wants, "function");
  checkNumber("readTar", "limit", limit, { least: 0 });
  const bad = (problem: string, facts: Record<string, unknown> = {}) =>
    new CajalError("bad-file", `${archive}: ${problem}`, { name: archive, ...facts });
  const source = pieces(chunks);
  let chunk: Uint8Array = new Uint8Array();
  let at = 0;
  let position = 0;
  /** Moves on by so many bytes, into an array where one is given. */
  const advance = async (length: number, into?: Uint8Array) => {
    for (let done = 0; done < length;) {
      if (at === chunk.length) {
        const next = await source.next();
        if (next.done)
          throw bad(`it ends after ${position} bytes, within a member. It is truncated.`, {
            position,
          });
        checkArgument("readTar", "chunks", next.value, "bytes");
        chunk = next.value;
        at = 0;
      }
      const piece = chunk.subarray(at, at + length - done);
      into?.set(piece, done);
      at += piece.length;
      done += piece.length;
      position += piece.length;
    }
  };

  try {
    for (;;) {
      const start = position;
      const header = new Uint8Array(block);
      await advance(block, header);
      if (header.every((byte) => byte === 0)) break;
      if (octal(header, 148, 8) !== checksum(header))
        throw bad(
          `got a header at byte ${start} whose checksum does not hold. It is damaged, or no tar archive.`,
          { position: start },
        );
      const size = octal(header, 124, 12);
      if (size === undefined)
        throw bad(`got a member at byte ${start} whose size is no octal number.`, {
          position: start,
        });
      const [name, prefix] = [text(header, 0, 100), text(header, 345, 155)];
      const path = prefix === "" ? name : `${prefix}/${name}`;
      const isFile = header[156] === 0x30 || header[156] === 0;
      if (isFile && wants(path)) {
        if (size > limit)
          throw bad(`got the member ${path} of ${size} bytes, expected at most ${limit}.`, {
            member: path,
            size,
            limit,
          });
        const content = new Uint8Array(size);
        await advance(size, content);
        yield { name: path, content };
      } else await advance(size);
      await advance(-size & (block - 1));
    }
    // What fills the last record: read to its end, so that whoever unpacks it sees the end, too.
    while (!(await source.next()).done);
  } finally {
    await source.return();
  }
}

/** Pieces of a stream, or of an array of them. */
async function* pieces(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}

const block = 512;

/** A field of text, which ends at its first zero. */
function text(header: Uint8Array, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function octal(header: Uint8Array, from: number, length: number): number | undefined {
  const digits = text(header, from, length).trim();
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : undefined;
}

/** The sum of the header's bytes, where its own field counts as spaces. */
const checksum = (header: Uint8Array) =>
  header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);
