// A file from the first of several mirrors that gives it whole: resumed where a download was
// interrupted (RFC 9110, sections 13 and 14: If-Range, Range), checked on disk, and renamed into the
// cache when it is right, so that under its own name there is always a whole file or none.
import { CajalError, abortable, checkOptions, isCajalError } from "@cajal/core";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, normalize } from "node:path";
import { cacheFolder } from "./cacheFolder";
import { ioErrors } from "../ioErrors";
import { problemOf } from "./problemOf";
import { withLock } from "./withLock";

export interface FetchProgress {
  /** Where the file will lie. */
  readonly path: string;
  readonly url: string;
  /** Bytes there so far, those of an earlier, interrupted download included. */
  readonly loaded: number;
  /** Bytes of the whole file, where the server says so. */
  readonly total?: number;
}

export interface FetchFileOptions {
  /** Where the file may be had, tried in turn. */
  urls: readonly string[];
  /** Its path within the cache folder, e.g. "mnist/train-labels-idx1-ubyte.gz", or an absolute path. */
  to: string;
  /** The cache folder; default {@link cacheFolder}. */
  cache?: string;
  /** What the content must hash to, in hexadecimal. */
  sha256?: string;
  md5?: string;
  /** The hashes are those of the content within a gzip file, whose packing may differ by mirror. */
  gunzip?: boolean;
  /** Bytes of the file, if known. */
  size?: number;
  /** Fetches nothing: the file is in the cache already, or the error `offline` says where to put it. */
  offline?: boolean;
  /** Milliseconds without a byte after which a mirror is given up; default 10,000. */
  stallTimeout?: number;
  /** Ends the download at once; what has come is kept, and the next call goes on from there. */
  signal?: AbortSignal;
  onProgress?: (progress: FetchProgress) => void;
  /** Default the global one; another may go through a proxy. */
  fetch?: typeof globalThis.fetch;
}

/**
 * The path of a file in the cache; fetched first if it is not there, or not what its hash says.
 * Several processes may ask for the same file at once: one fetches, the others wait for it.
 *
 * @throws CajalError `offline`; `network`, `timeout`, `checksum-mismatch` when every mirror failed (that
 *   of the last mirror; `facts.attempts` has all); `io` when the cache cannot be written
 * @throws the signal's reason when it is aborted
 */
export async function fetchFile(options: FetchFileOptions): Promise<string> {
  checkOptions("fetchFile", options, optionNames);
  const { urls, to, cache = cacheFolder(), offline = false, signal } = options;
  const path = isAbsolute(to) ? to : join(cache, to);
  if (!isAbsolute(to) && normalize(to).startsWith(".."))
    throw new CajalError(
      "bad-argument",
      `fetchFile: got to ${JSON.stringify(to)}, expected a path within the cache folder, or an absolute one.`,
      { to },
    );
  if (urls.length === 0 && !offline)
    throw new CajalError(
      "bad-argument",
      `fetchFile: got no urls for ${to}, expected at least one.`,
      {
        to,
      },
    );

  signal?.throwIfAborted();
  const problem = await problemOf(path, options);
  if (problem === undefined) return path;
  if (offline)
    throw new CajalError(
      problem.missing ? "offline" : "checksum-mismatch",
      problem.missing
        ? `${basename(path)} is not in the cache, and nothing is fetched offline. Put the file into the folder ${dirname(path)}${urls.length > 0 ? ` (it is at ${urls.join(" , ")})` : ""}.`
        : `${path}: ${problem.message} Offline it cannot be fetched anew: replace the file.`,
      { path, urls, ...problem.facts },
    );

  await ioErrors("creating", dirname(path), () => mkdir(dirname(path), { recursive: true }));
  return ioErrors("writing", path, () =>
    withLock(
      `${path}.lock`,
      async () => {
        // Another process may have fetched it meanwhile.
        const problem = await problemOf(path, options);
        if (problem === undefined) return path;
        if (!problem.missing) await rm(path, { force: true });
        await fromFirst(urls, path, options);
        return path;
      },
      { signal },
    ),
  );
}

const optionNames = [
  "urls",
  "to",
  "cache",
  "sha256",
  "md5",
  "gunzip",
  "size",
  "offline",
  "stallTimeout",
  "signal",
  "onProgress",
  "fetch",
];

async function fromFirst(urls: readonly string[], path: string, options: FetchFileOptions) {
  const attempts: { url: string; code: string; message: string }[] = [];
  let last: CajalError | undefined;
  for (const url of urls)
    try {
      return await fromMirror(url, path, options);
    } catch (error) {
      // Only what is the mirror's fault is a reason to try the next one.
      if (
        !isCajalError(error, "network") &&
        !isCajalError(error, "timeout") &&
        !isCajalError(error, "checksum-mismatch")
      )
        throw error;
      attempts.push({ url, code: error.code, message: error.message });
      last = error;
    }
  const tries = attempts.map(({ message }) => `\n  ${message}`).join("");
  throw new CajalError(
    last?.code ?? "network",
    `${basename(path)} could not be fetched:${tries}\nTry again later, or put the file into the folder ${dirname(path)}.`,
    { path, attempts },
    { cause: last },
  );
}

/** Downloads, going on where the connection broke; checks; renames into place. */
async function fromMirror(url: string, path: string, options: FetchFileOptions): Promise<void> {
  const part = `${path}.part`;
  const note = `${path}.part.json`;
  const discard = () => Promise.all([rm(part, { force: true }), rm(note, { force: true })]);
  let breaks = 0;
  for (;;) {
    const begun = await resumable(url, part, note);
    const before = begun.offset;
    if (before === 0) await discard();
    try {
      if (before === 0 || before !== begun.total)
        await download(url, { path, part, note, begun, discard }, options);
    } catch (error) {
      if (isFull(error)) await discard().catch(() => {});
      // A broken connection that brought something is worth another.
      if (isCajalError(error, "network") && breaks++ < 5) {
        const { offset } = await resumable(url, part, note);
        if (offset > before) continue;
      }
      throw error;
    }
    const problem = await problemOf(part, options);
    if (problem === undefined) {
      await rename(part, path);
      await rm(note, { force: true });
      return;
    }
    await discard();
    // A piece of an earlier download may have been bad: once from the start.
    if (before > 0) continue;
    throw new CajalError("checksum-mismatch", `${url}: ${problem.message} The file was removed.`, {
      url,
      ...problem.facts,
    });
  }
}

/** What an interrupted download left, if the server can say whether the file is still the same. */
interface Begun {
  readonly offset: number;
  /** A strong ETag, or the time of the last change. */
  readonly validator?: string;
  readonly total?: number;
}

async function resumable(url: string, part: string, note: string): Promise<Begun> {
  try {
    const [{ size }, text] = await Promise.all([stat(part), readFile(note, "utf8")]);
    const noted = JSON.parse(text) as { url?: unknown; validator?: unknown; total?: unknown };
    if (noted.url !== url || typeof noted.validator !== "string") return { offset: 0 };
    const total = typeof noted.total === "number" ? noted.total : undefined;
    if (total !== undefined && size > total) return { offset: 0 };
    return { offset: size, validator: noted.validator, total };
  } catch {
    return { offset: 0 };
  }
}

interface Job {
  readonly path: string;
  readonly part: string;
  readonly note: string;
  readonly begun: Begun;
  readonly discard: () => Promise<unknown>;
}

async function download(url: string, job: Job, options: FetchFileOptions): Promise<void> {
  const { stallTimeout = 10_000, fetch = globalThis.fetch, onProgress } = options;
  const { path, part, note, begun } = job;
  const stalled = new AbortController();
  const signal = options.signal
    ? AbortSignal.any([options.signal, stalled.signal])
    : stalled.signal;
  /** Waits for the server, but not for ever. */
  const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
    const timer = setTimeout(() => stalled.abort(), stallTimeout);
    try {
      return await abortable(work(), signal);
    } catch (cause) {
      options.signal?.throwIfAborted();
      if (stalled.signal.aborted)
        throw new CajalError("timeout", `${url}: the server sent nothing for ${stallTimeout} ms.`, {
          url,
          stallTimeout,
        });
      throw new CajalError("network", `${url}: ${reasonOf(cause)}.`, { url }, { cause });
    } finally {
      clearTimeout(timer);
    }
  };

  const headers = new Headers({ "accept-encoding": "identity" });
  if (begun.offset > 0 && begun.validator !== undefined) {
    headers.set("range", `bytes=${begun.offset}-`);
    headers.set("if-range", begun.validator);
  }
  const response = await patiently(() => fetch(url, { headers, signal }));
  const reader = response.body?.getReader();
  try {
    let loaded = 0;
    if (response.status === 206) {
      const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
      loaded = begun.offset;
      if (start === undefined || Number(start) !== loaded) {
        await job.discard();
        throw new CajalError(
          "network",
          `${url}: asked for bytes from ${loaded}, got ${response.headers.get("content-range")}.`,
          { url },
        );
      }
    } else if (response.status !== 200 || reader === undefined) {
      if (response.status === 416) await job.discard();
      throw new CajalError(
        "network",
        `${url}: got status ${response.status} ${response.statusText}, expected 200.`,
        { url, status: response.status },
      );
    }
    const encoded = response.headers.has("content-encoding");
    const length = response.headers.get("content-length");
    const total = length === null || encoded ? undefined : loaded + Number(length);
    const etag = response.headers.get("etag");
    const validator =
      etag !== null && !etag.startsWith("W/") ? etag : response.headers.get("last-modified");
    const { size } = options;
    if (total !== undefined && size !== undefined && total !== size)
      throw new CajalError(
        "checksum-mismatch",
        `${url}: got a file of ${total} bytes, expected ${size}.`,
        { url, got: total, expected: size },
      );
    await writeFile(note, JSON.stringify({ url, total, ...(!encoded && { validator }) }));

    const file = await open(part, loaded > 0 ? "r+" : "w");
    try {
      for (;;) {
        const { done, value } = await patiently(async () => reader!.read());
        if (done) break;
        // A short write is written on; what the disk refuses is thrown.
        for (let at = 0; at < value.length;)
          at += (await file.write(value, at, value.length - at, loaded + at)).bytesWritten;
        loaded += value.length;
        onProgress?.({ path, url, loaded, ...(total !== undefined && { total }) });
      }
      if (total !== undefined && loaded < total)
        throw new CajalError(
          "network",
          `${url}: the connection ended after ${loaded} of ${total} bytes.`,
          { url, loaded, total },
        );
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    // Also where the loop was left early: frees the connection.
    await reader?.cancel().catch(() => {});
  }
}

const isFull = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");

/** fetch says only "fetch failed"; why is in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ("code" in cause ? String(cause.code) : cause.name);
}
