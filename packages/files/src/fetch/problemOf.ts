import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { io } from "../ioErrors";

/** What a file should be; what is left out is not looked at. */
export interface Expected {
  /** In bytes. */
  size?: number;
  /** In hexadecimal. */
  sha256?: string;
  md5?: string;
  /** The hashes are those of the content within the gzip file. */
  gunzip?: boolean;
  signal?: AbortSignal;
}

export interface Problem {
  /** There is no such file; else there is a wrong one. */
  readonly missing: boolean;
  /** What was got and what was expected, as a sentence. */
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What is wrong with a file on disk, which is read through; undefined where it is as expected. */
export async function problemOf(path: string, expected: Expected): Promise<Problem | undefined> {
  const { size, sha256, md5, gunzip = false, signal } = expected;
  const found = await io("reading", path, () =>
    stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw error;
    }),
  );
  if (found === undefined) return { missing: true, message: "it is not there.", facts: { path } };
  if (size !== undefined && found.size !== size) return wrong("size", found.size, size);

  const hashes = Object.entries({ sha256, md5 }).flatMap(([name, hash]) =>
    hash === undefined ? [] : [{ name, wanted: hash.toLowerCase(), hash: createHash(name) }],
  );
  if (hashes.length === 0) return undefined;
  try {
    await digest(
      path,
      hashes.map(({ hash }) => hash),
      gunzip,
      signal,
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && "code" in error && String(error.code).startsWith("Z_"))
      return wrong("content", `what is no gzip file (${error.message})`, "a whole gzip file");
    throw error;
  }
  for (const { name, wanted, hash } of hashes) {
    const got = hash.digest("hex");
    if (got !== wanted) return wrong(name, got, wanted);
  }
  return undefined;
}

const wrong = (what: string, got: unknown, expected: unknown): Problem => ({
  missing: false,
  message: `as its ${what}, got ${String(got)}, expected ${String(expected)}.`,
  facts: { what, got, expected },
});

function digest(path: string, hashes: readonly Hash[], gunzip: boolean, signal?: AbortSignal) {
  const file = createReadStream(path, { highWaterMark: 2 ** 20 });
  const sink = async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) for (const hash of hashes) hash.update(chunk);
  };
  return io("reading", path, () =>
    gunzip
      ? pipeline(file, createGunzip({ chunkSize: 2 ** 20 }), sink, { signal })
      : pipeline(file, sink, { signal }),
  );
}
