// The files that the cache has put into its folder. It keeps a list of them there, and touches nothing else: the
// folder is set by the user (CAJAL_CACHE) and may hold other files.
import { cacheList, checkArgument, checkOptions } from "@cajal/core";
import {
  appendFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rm,
  rmdir,
  stat,
} from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, relative, sep } from "node:path";
import { ioErrors, systemCode } from "../ioErrors";
import { withLock } from "./withLock";

/** Endings of the files that a download has while it runs or after it was interrupted. */
const partialEndings = [".part", ".part.json", ".lock"];

/** Ending of the file with the recorded hash of a file whose hash is not published. */
const hashEnding = ".sha256";

export interface CachedFile {
  /** Within the folder. */
  readonly path: string;
  readonly bytes: number;
  readonly modified: Date;
}

export interface CacheContents {
  /** Fetched files, and the partial files of interrupted downloads. */
  readonly files: readonly CachedFile[];
  /** Number of other files in the folder, which the cache did not create; counted up to 1,000. */
  readonly others: number;
}

/** Puts a file on the list before it is fetched, so that files of a killed process are on it too. */
export async function listAsCached(cache: string, file: string): Promise<void> {
  await ioErrors("writing", join(cache, cacheList), async () => {
    await mkdir(cache, { recursive: true });
    const line = JSON.stringify({ file: normalize(file).split(sep).join("/") });
    // One write that is appended whole: processes do not come between each other's lines.
    await appendFile(join(cache, cacheList), `${line}\n`);
  });
}

/**
 * The contents of a cache folder; empty where the folder does not exist.
 *
 * @throws CajalError `io`
 */
export async function cacheContents(cache: string): Promise<CacheContents> {
  checkArgument("cacheContents", "cache", cache, "path");
  const files: CachedFile[] = [];
  for (const file of await readCacheList(cache)) {
    if (!(await isWithin(cache, file))) continue;
    for (const path of [file, ...[...partialEndings, hashEnding].map((ending) => file + ending)]) {
      const stats = await ioErrors("reading", join(cache, path), () =>
        lstat(join(cache, path)).catch(ifAbsent(undefined)),
      );
      if (stats !== undefined && !stats.isDirectory())
        files.push({ path, bytes: stats.size, modified: stats.mtime });
    }
  }
  const cachedPaths = new Set([cacheList, ...files.map(({ path }) => path)]);
  const others = await ioErrors("reading", cache, () => countOthers(cache, cachedPaths));
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), others };
}

/**
 * Removes the files that the cache has created, and folders that become empty; other files stay. Waits for
 * running downloads of other processes.
 *
 * @param options.signal aborts between two files
 * @param options.unfinished removes only the partial files of interrupted downloads; default false
 * @throws CajalError `io`
 * @throws the signal's reason when it is aborted
 */
export async function clearCache(
  cache: string,
  options: { signal?: AbortSignal; unfinished?: boolean } = {},
): Promise<void> {
  checkArgument("clearCache", "cache", cache, "path");
  checkOptions("clearCache", options, { signal: "signal", unfinished: "boolean" });
  const { signal, unfinished = false } = options;
  const files = await readCacheList(cache);
  for (const file of files) {
    signal?.throwIfAborted();
    const path = join(cache, file);
    await ioErrors("removing", path, async () => {
      if (!(await isWithin(cache, file))) return;
      const stats = await lstat(path).catch(ifAbsent(undefined));
      // Somebody has put a folder there since.
      if (stats?.isDirectory()) return;
      await withLock(
        `${path}.lock`,
        async () => {
          for (const related of [
            `${path}.part`,
            `${path}.part.json`,
            ...(unfinished ? [] : [path, path + hashEnding]),
          ])
            await rm(related, { force: true });
        },
        { signal },
      );
      for (let parent = dirname(file); parent !== "."; parent = dirname(parent))
        if (!(await removeIfEmpty(join(cache, parent)))) break;
    });
  }
  // What is left is still the cache's.
  if (unfinished) return;
  await ioErrors("removing", cache, () => rm(join(cache, cacheList), { force: true }));
}

/** Whether a file's folder is really within the cache folder, not behind a link to another one. */
async function isWithin(cache: string, file: string): Promise<boolean> {
  const [cacheRoot, folder] = await Promise.all(
    [cache, dirname(join(cache, file))].map((path) => realpath(path).catch(ifAbsent(undefined))),
  );
  if (cacheRoot === undefined || folder === undefined) return false;
  const relativePath = relative(cacheRoot, folder);
  return relativePath !== ".." && !relativePath.startsWith(`..${sep}`) && !isAbsolute(relativePath);
}

/** The listed files, without duplicates; lines that do not name a file within the folder are ignored. */
async function readCacheList(cache: string): Promise<string[]> {
  const path = join(cache, cacheList);
  const text = await ioErrors("reading", path, async () => {
    const stats = await stat(path).catch(ifAbsent(undefined));
    // A pipe would be read for ever.
    return stats === undefined || stats.isFIFO() ? "" : readFile(path, "utf8");
  });
  const files = text.split("\n").flatMap((line) => {
    try {
      const { file } = JSON.parse(line) as { file?: unknown };
      if (typeof file !== "string" || file === "" || isAbsolute(file)) return [];
      if (file.includes("\0")) return [];
      const relativePath = normalize(file);
      return relativePath === "." || relativePath.startsWith("..") || relativePath.endsWith(sep)
        ? []
        : [relativePath];
    } catch {
      return [];
    }
  });
  return [...new Set(files)];
}

/** Links are counted but not followed: they may lead outside the folder. */
async function countOthers(cache: string, cachedPaths: ReadonlySet<string>): Promise<number> {
  let count = 0;
  const folders = ["."];
  for (let folder = folders.pop(); folder !== undefined && count < 1000; folder = folders.pop())
    for (const entry of await readdir(join(cache, folder), { withFileTypes: true }).catch(
      ifAbsent([]),
    )) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (!cachedPaths.has(path)) count++;
    }
  return Math.min(count, 1000);
}

async function removeIfEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR"].includes(systemCode(error) ?? ""))
      return false;
    throw error;
  }
}

const ifAbsent =
  <T>(value: T) =>
  (error: unknown): T => {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return value;
    throw error;
  };
