// Compares a file on disk with its expected size and hashes.
import { CajalError, isCajalError } from "@cajal/core";
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { readThrough } from "../containers/gunzip";
import { ioErrors, systemCode } from "../ioErrors";
import type { Problem } from "./fileStore";

/** The expected size and hashes of a file; those that are left out are not checked. */
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

/** Reads a file on disk and returns its mismatch; undefined where it is as expected. */
export async function problemOf(path: string, expected: Expected): Promise<Problem | undefined> {
  const { size, sha256, md5, gunzip = false, signal } = expected;
  const stats = await ioErrors("reading", path, () =>
    stat(path).catch((error: unknown) => {
      if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return undefined;
      throw error;
    }),
  );
  if (stats === undefined) return { missing: true, message: "it is not there.", facts: { path } };
  if (!stats.isFile())
    throw new CajalError("io", `${path}: is no file. Remove it, or choose another cache folder.`, {
      path,
    });
  if (size !== undefined && stats.size !== size) return mismatch("size", stats.size, size);

  const hashes = Object.entries({ sha256, md5 }).flatMap(([name, hash]) =>
    hash === undefined
      ? []
      : [{ name, expectedDigest: hash.toLowerCase(), hash: createHash(name) }],
  );
  if (hashes.length === 0) return undefined;
  try {
    await readThrough(path, { gzip: gunzip, signal }, async (pieces) => {
      for await (const piece of pieces) for (const { hash } of hashes) hash.update(piece);
    });
  } catch (error) {
    if (isCajalError(error, "bad-file"))
      return mismatch("content", "what is no gzip file", "a whole gzip file");
    throw error;
  }
  for (const { name, expectedDigest: wanted, hash } of hashes) {
    const got = hash.digest("hex");
    if (got !== wanted) return mismatch(name, got, wanted);
  }
  return undefined;
}

const mismatch = (what: string, got: unknown, expected: unknown): Problem => ({
  missing: false,
  message: `as its ${what}, got ${String(got)}, expected ${String(expected)}.`,
  facts: { what, got, expected },
});
