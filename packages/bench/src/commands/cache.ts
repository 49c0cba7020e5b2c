// cajal cache: the folder of fetched files, listed, found, emptied.
import { readdir, rm, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { cacheFolder } from "@cajal/files/node";
import type { Context } from "../context";
import { textTable } from "../output";

export async function cache(
  { output, signal }: Context,
  action: "list" | "where" | "clear",
): Promise<void> {
  const folder = cacheFolder();
  if (action === "where") {
    output.document({ folder });
    output.text(folder);
    return;
  }
  const files = await contents(folder);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (action === "clear") {
    // File by file, not the folder: it may be a link, or somebody's own choice of place.
    for (const entry of await entries(folder)) {
      signal.throwIfAborted();
      await rm(join(folder, entry), { recursive: true, force: true });
    }
    output.document({ folder, removed: files.length, bytes });
    output.text(`${files.length} files (${megabytes(bytes)}) removed from ${folder}`);
    return;
  }
  output.document({ folder, files, bytes });
  output.text(
    files.length === 0
      ? `${folder} holds nothing`
      : [
          textTable(
            ["size", "fetched", "file"],
            files.map((file) => [megabytes(file.bytes), file.modified.slice(0, 10), file.path]),
          ),
          "",
          `${megabytes(bytes)} in ${folder}`,
        ].join("\n"),
  );
}

interface CachedFile {
  /** Within the folder. */
  path: string;
  bytes: number;
  modified: string;
}

async function contents(folder: string): Promise<CachedFile[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(ifAbsent([]));
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.sort().map(async (path) => {
      const { size, mtime } = await stat(path);
      return { path: relative(folder, path), bytes: size, modified: mtime.toISOString() };
    }),
  );
}

const entries = (folder: string): Promise<string[]> => readdir(folder).catch(ifAbsent([]));

/** A folder that nobody has made yet is empty. */
const ifAbsent =
  <T>(value: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === "ENOENT") return value;
    throw error;
  };

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
