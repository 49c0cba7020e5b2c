// What the cache itself has put into its folder: it keeps a list there, and touches nothing else, for the
// folder may be anybody's (CAJAL_CACHE names it).
import { checkArgument, checkOptions } from "@cajal/core";
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

/** Lines of JSON, `{"file":"mnist/train-labels-idx1-ubyte.gz"}`: a path within the folder, with slashes. */
export const cacheList = ".cajal-cache.jsonl";

/** What a download leaves beside its file while it lasts, or was interrupted. */
const partialEndings = [".part", ".part.json", ".lock"];

/** What is noted of a file whose hash nobody has published. */
const hashEnding = ".sha256";

export interface CachedFile {
  /** Within the folder. */
  readonly path: string;
  readonly bytes: number;
  readonly modified: Date;
}

export interface CacheContents {
  /** What was fetched, and what interrupted downloads have left. */
  readonly files: readonly CachedFile[];
  /** How many files there are that the cache did not make; counted up to 1,000. */
  readonly others: number;
}

/** Puts a file on the list, before it is fetched: a killed process leaves nothing that is not on it. */
export async function listAsCached(cache: string, file: string): Promise<void> {
  await ioErrors("writing", join(cache, cacheList), async () => {
    await mkdir(cache, { recursive: true });
    const line = JSON.stringify({ file: normalize(file).split(sep).join("/") });
    // One write that is appended whole: processes do not come between each other's lines.
    await appendFile(join(cache, cacheList), `${line}\n`);
  });
}

/**
 * What is in a cache folder; nothing where there is no such folder.
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
 * Removes what the cache has made, and the folders that are empty then; all else stays. Waits for
 * downloads that are under way in other processes.
 *
 * @param options.signal ends it between two files
 * @param options.unfinished removes only what interrupted downloads have left
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

/** Whether a file's folder is in the cache, and not where a link leads, to somebody's own files. */
async function isWithin(cache: string, file: string): Promise<boolean> {
  const [cacheRoot, folder] = await Promise.all(
    [cache, dirname(join(cache, file))].map((path) => realpath(path).catch(ifAbsent(undefined))),
  );
  if (cacheRoot === undefined || folder === undefined) return false;
  const relativePath = relative(cacheRoot, folder);
  return relativePath !== ".." && !relativePath.startsWith(`..${sep}`) && !isAbsolute(relativePath);
}

/** The list, each once; lines that name nothing within the folder are none of ours. */
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

/** Links are counted and not followed: they may lead anywhere. */
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
