// Files that are there whole or not at all.
import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CajalError } from "@cajal/core";

/**
 * Writes files into a folder, made where it is absent: all are written beside their places first and
 * then moved there, so that a reader never finds half of one, and a failure leaves what was there.
 *
 * @param files name → content
 * @returns the paths written
 * @throws CajalError `io`
 */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<string[]> {
  const moves = Object.entries(files).map(([name, content]) => ({
    content,
    path: join(folder, name),
    beside: join(folder, `.${name}.${randomUUID()}.tmp`),
  }));
  try {
    await mkdir(folder, { recursive: true });
    for (const { beside, content } of moves) await writeFile(beside, content);
    for (const { beside, path } of moves) await rename(beside, path);
  } catch (cause) {
    await Promise.all(moves.map(({ beside }) => rm(beside, { force: true }).catch(() => {})));
    throw new CajalError(
      "io",
      `${folder}: cannot be written (${cause instanceof Error ? cause.message : cause}). Give another place with --out.`,
      { folder },
      { cause },
    );
  }
  return moves.map(({ path }) => path);
}
