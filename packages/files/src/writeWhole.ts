// Atomic writes: files are written under a temporary name in the same folder, flushed, and renamed, so that
// neither a kill nor a full disk leaves a partial file, and a reader never sees one.
// Links are written through, existing files keep their mode, and a path that is not a file (a pipe, a device, a
// folder) is refused before anything is written.
import { CajalError, checkArgument, checkOptions } from "@cajal/core";
import { randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import {
  access,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { ioErrors, systemCode } from "./ioErrors";

/** Text, bytes, or bytes in pieces, which need not be in memory at once. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface WriteOptions {
  /** Aborts the write; an existing file stays unchanged. */
  readonly signal?: AbortSignal;
}

/**
 * Writes a file atomically; its folder is created where it is missing. An existing file's mode is kept, and its
 * owner where the system allows; other hard links to it keep the old content.
 *
 * @throws CajalError `io` where it cannot be written, `bad-argument` where the path is not a file; an existing
 *   file then stays unchanged
 */
export function writeWhole(
  path: string,
  content: FileContent,
  options: WriteOptions = {},
): Promise<void> {
  return writeAllWhole([[path, content]], options);
}

/**
 * Writes several files: all are complete under temporary names before the first is renamed.
 *
 * @throws CajalError `io`, `bad-argument`, as {@link writeWhole}
 */
export async function writeAllWhole(
  files: readonly (readonly [path: string, content: FileContent])[],
  options: WriteOptions = {},
): Promise<void> {
  checkArgument("writeAllWhole", "files", files, "array");
  checkOptions("writeWhole", options, { signal: "signal" });
  const { signal } = options;
  for (const file of files) {
    checkArgument("writeAllWhole", "a file", file, "array");
    checkArgument("writing", "path", file[0], "path");
    if (typeof file[1] !== "string")
      checkArgument(`writing ${file[0]}`, "content", file[1], "asyncIterable");
  }
  const drafts: Draft[] = [];
  try {
    for (const [path, content] of files) {
      await ioErrors("creating its folder", path, () =>
        mkdir(dirname(resolve(path)), { recursive: true }),
      );
      const place = await destination(path);
      const folder = dirname(place.path);
      const draft = {
        path,
        place,
        folder,
        draftPath: join(folder, draftName(basename(place.path))),
      };
      drafts.push(draft);
      await ioErrors("writing", path, async () => {
        await removeLeftovers(folder);
        await write(draft, content, signal);
      });
    }
    for (const { path, place, draftPath } of drafts)
      await ioErrors("writing", path, () => rename(draftPath, place.path));
  } catch (error) {
    await Promise.all(
      drafts.map(({ draftPath }) => rm(draftPath, { force: true }).catch(() => {})),
    );
    throw error;
  }
  for (const folder of new Set(drafts.map(({ folder }) => folder))) await syncFolder(folder);
}

/**
 * Checks that a file can be written, to fail before the work whose result it will hold. Changes nothing.
 *
 * @throws CajalError `io`, `bad-argument`, as {@link writeWhole} would
 */
export async function checkWritable(path: string): Promise<void> {
  checkArgument("writing", "path", path, "path");
  const place = await destination(path);
  await checkFolder(path, dirname(place.path));
}

/**
 * Checks that files can be written into a folder, which need not exist. Changes nothing.
 *
 * @param names of files that will be written into it
 * @throws CajalError `io`, `bad-argument`
 */
export async function checkWritableFolder(
  folder: string,
  names: readonly string[] = [],
): Promise<void> {
  checkArgument("writing", "folder", folder, "path");
  checkArgument("writing", "names", names, "strings");
  await checkFolder(folder, resolve(folder));
  for (const name of names) await checkWritable(join(folder, name));
}

interface Draft {
  /** As it was asked for, for messages. */
  readonly path: string;
  readonly place: Place;
  readonly folder: string;
  readonly draftPath: string;
}

interface Place {
  /** Absolute; no link. */
  readonly path: string;
  /** Of the file that is there. */
  readonly file?: { readonly mode: number; readonly uid: number; readonly gid: number };
}

/** As many links as Linux follows. */
const maxLinks = 40;

/** Where a path leads: its links followed, even where the last one leads to nothing yet. */
export async function followLinks(path: string): Promise<{ path: string; stats?: Stats }> {
  let place = resolve(path);
  for (let links = 0; links <= maxLinks; links++) {
    const stats = await lstat(place).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    });
    if (!stats?.isSymbolicLink()) return { path: place, stats };
    place = resolve(dirname(place), await readlink(place));
  }
  throw Object.assign(new Error("too many links"), { code: "ELOOP", syscall: "readlink" });
}

/** Where a path leads, if a file may be written there. */
async function destination(path: string): Promise<Place> {
  return ioErrors("writing", path, async () => {
    const { path: place, stats } = await followLinks(path);
    if (stats === undefined) return { path: place };
    if (!stats.isFile())
      throw new CajalError(
        "bad-argument",
        `${path}: is ${kindOf(stats)}, expected a file, or a name that is free. Choose another place.`,
        { path, kind: kindOf(stats) },
      );
    // A rename asks only the folder for permission; who protects a file against writing means it.
    await access(place, constants.W_OK);
    return { path: place, file: { mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid } };
  });
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

async function checkFolder(path: string, folder: string): Promise<void> {
  await ioErrors("writing", path, async () => {
    // What is not there yet is made in the nearest folder above.
    for (let nearest = folder; ; nearest = dirname(nearest)) {
      const stats = await stat(nearest).catch((error: unknown) => {
        if (systemCode(error) === "ENOENT" && nearest !== dirname(nearest)) return undefined;
        throw error;
      });
      if (stats === undefined) continue;
      if (!stats.isDirectory())
        throw new CajalError(
          "bad-argument",
          `${path}: ${nearest === resolve(path) ? "it" : nearest} is ${stats.isFile() ? "a file" : kindOf(stats)}, expected a folder. Choose another place.`,
          { path, folder: nearest },
        );
      return access(nearest, constants.W_OK | constants.X_OK);
    }
  });
}

async function write(
  { draftPath, place }: Draft,
  content: FileContent,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = await open(draftPath, "wx");
  try {
    if (place.file !== undefined) await copyModeAndOwner(file, place.file);
    const pieces =
      typeof content === "string" || content instanceof Uint8Array
        ? [Buffer.from(content as Uint8Array)]
        : content;
    for await (const bytes of pieces) {
      checkArgument("writing", "content", bytes, "bytes");
      // A short write is written on; what the disk refuses is thrown.
      for (let at = 0; at < bytes.length;) {
        signal?.throwIfAborted();
        const length = Math.min(maxWriteBytes, bytes.length - at);
        at += (await file.write(bytes, at, length)).bytesWritten;
      }
    }
    signal?.throwIfAborted();
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Below the 2 GB of one system call, and small enough to be interrupted. */
const maxWriteBytes = 2 ** 26;

async function copyModeAndOwner(
  file: FileHandle,
  original: NonNullable<Place["file"]>,
): Promise<void> {
  const { uid, gid } = await file.stat();
  // Only the superuser may give files away; the content matters more.
  if (uid !== original.uid || gid !== original.gid)
    await file.chown(original.uid, original.gid).catch(() => {});
  await file.chmod(original.mode);
}

const draftEnding = ".cajal-draft";
const host = hostname()
  .replaceAll(/[^\w-]/g, "_")
  .slice(0, 40);

/** Names its process, so that leftovers of killed processes can be recognized. */
const draftName = (name: string) =>
  `.${name.slice(0, 100)}.${host}.${process.pid}.${randomUUID().slice(0, 8)}${draftEnding}`;

/** Removes drafts whose process on this machine is gone. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(draftEnding)) continue;
    const [where, pid] = name.split(".").slice(-4, -2);
    if (where === host && !isAlive(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}

/** Makes the rename durable, on systems that can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
