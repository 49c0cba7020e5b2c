// The files of a tar archive: read from a stream, or listed with their offsets.
import { CajalError, checkArgument, checkNumber, checkOptions } from "@cajal/core";
import { checkSource, type ByteSource } from "../byteSource";
import { tarMembers, type TarBytes, type TarHeader } from "./tarMembers";

export interface TarMember {
  /** Path within the archive. */
  readonly name: string;
  readonly content: Uint8Array;
}

export interface ReadTarOptions {
  /** The archive's name in messages. */
  name: string;
  /** Which members to read, by their path; the others are skipped. Default: all files. */
  wants?: (name: string) => boolean;
  /** Upper limit of a member's size in bytes. */
  limit: number;
}

/**
 * The files of an uncompressed archive in their order, one in memory at a time. Members that are not files
 * (folders, links) are skipped.
 *
 * @throws CajalError `bad-file` for another format, a truncated archive, a damaged header, a path that leaves the
 *   archive's folder, and a wanted member above the limit
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
  const source = pieces(chunks);
  const bytes = fromChunks(source, archive);
  try {
    for await (const { name, size } of tarMembers(bytes, archive)) {
      if (!wants(name)) continue;
      if (size > limit)
        throw new CajalError("bad-file", `${archive}: got the member ${name} of ${size} bytes, expected at most ${limit}.`, { name: archive, member: name, size, limit }); // prettier-ignore
      yield { name, content: await bytes.read(size) };
    }
    // What fills the last record: read to its end, so that whoever unpacks it sees the end, too.
    while (!(await source.next()).done);
  } finally {
    await source.return();
  }
}

/**
 * Lists the files of an uncompressed archive with the offsets of their contents, which are not read.
 *
 * @throws CajalError as `readTar` does
 * @example for (const { name, offset, size } of await listTar(await fileSource("x.tar"))) …
 */
export async function listTar(source: ByteSource): Promise<TarHeader[]> {
  checkSource("listTar", source);
  const members: TarHeader[] = [];
  for await (const member of tarMembers(fromSource(source), source.name)) {
    if (member.offset + member.size > source.size) throw truncated(source.name, source.size);
    members.push(member);
  }
  return members;
}

const truncated = (archive: string, position: number) =>
  new CajalError("bad-file", `${archive}: it ends after ${position} bytes, within a member. It is truncated.`, { name: archive, position }); // prettier-ignore

function fromChunks(
  source: AsyncGenerator<Uint8Array, void, undefined>,
  archive: string,
): TarBytes {
  // prettier-ignore
  let chunk: Uint8Array = new Uint8Array();
  let at = 0;
  let position = 0;
  /** Moves on by so many bytes, into an array where one is given. */
  const advance = async (length: number, into?: Uint8Array) => {
    for (let done = 0; done < length;) {
      if (at === chunk.length) {
        const next = await source.next();
        if (next.done) throw truncated(archive, position);
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
  return {
    get position() {
      return position;
    },
    async read(length) {
      const content = new Uint8Array(length);
      await advance(length, content);
      return content;
    },
    skip: (length) => advance(length),
  };
}

/** Reads windows, so that headers close to each other take one read. */
function fromSource(source: ByteSource): TarBytes {
  const window = 2 ** 16;
  let bytes: Uint8Array = new Uint8Array();
  let from = 0;
  let position = 0;
  return {
    get position() {
      return position;
    },
    async read(length) {
      if (position + length > source.size) throw truncated(source.name, source.size);
      if (position < from || position + length > from + bytes.length) {
        from = position;
        bytes = await source.read(from, Math.min(Math.max(window, length), source.size - from));
      }
      const content = bytes.subarray(position - from, position - from + length);
      position += length;
      return content;
    },
    async skip(length) {
      position += length;
    },
  };
}

/** Pieces of a stream, or of an array of them. */
async function* pieces(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}
