// A file from the first of several mirrors that gives it whole: resumed where a download was
// interrupted (RFC 9110, sections 13 and 14: If-Range, Range), checked on disk, and renamed into the
// cache when it is right, so that under its own name there is always a whole file or none.
import {
  abortable,
  CajalError,
  checkArgument,
  checkOptions,
  isCajalError,
  optionsOf,
} from "@cajal/core";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { basename, dirname, isAbsolute, join, normalize } from "node:path";
import { cacheFolder } from "./cacheFolder";
import { ioErrors } from "../ioErrors";
import { listAsCached } from "./cacheContents";
import { problemOf } from "./problemOf";
import { followLinks } from "../writeWhole";
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
  /** As `sha256`, where no better one is published. */
  md5?: string;
  /** The hashes are those of the content within a gzip file, whose packing may differ by mirror. */
  gunzip?: boolean;
  /** Bytes of the file, if known. */
  size?: number;
  /** Fetches nothing: the file is in the cache already, or the error `offline` says where to put it. */
  offline?: boolean;
  /** Milliseconds without a byte after which a mirror is given up; default 10,000. */
  stallTimeout?: number;
  /** Bytes a second, averaged over `rateWindow`, below which a mirror is given up; default 1,000. */
  minimumRate?: number;
  /** Milliseconds; default 30,000. */
  rateWindow?: number;
  /**
   * How often mirrors that are only busy are asked again (status 408, 425, 429, 500, 502, 503, 504, or a
   * connection that ends with nothing new): each time all that are left. Default 3.
   */
  retries?: number;
  /**
   * Milliseconds before they are first asked again, give or take a quarter, doubled each time; default 500.
   * A server that says more (Retry-After, RFC 9110, section 10.2.3) is obeyed up to a minute, and given up
   * beyond.
   */
  retryDelay?: number;
  /** Ends the download at once; what has come is kept, and the next call goes on from there. */
  signal?: AbortSignal;
  /** Is told of every piece that comes. */
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
  checkArgument("fetchFile", "urls", urls, "strings");
  checkArgument("fetchFile", "to", to, "string");
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
        if (!problem.missing) await rm((await followLinks(path)).path, { force: true });
        if (!isAbsolute(to)) await listAsCached(cache, to);
        await fromFirst(urls, path, options);
        return path;
      },
      { signal },
    ),
  );
}

const optionNames = optionsOf<FetchFileOptions>({
  urls: "strings",
  to: "string",
  cache: "string",
  sha256: "string",
  md5: "string",
  gunzip: "boolean",
  size: { whole: true, least: 0 },
  offline: "boolean",
  stallTimeout: { least: 0 },
  minimumRate: { least: 0 },
  rateWindow: { least: 0 },
  retries: { least: 0 },
  retryDelay: { least: 0 },
  signal: "signal",
  onProgress: "function",
  fetch: "function",
});

/** Status codes of servers that may do better soon. */
const busy = [408, 425, 429, 500, 502, 503, 504];
/** Who is asked to wait longer is better served by an error that says so. */
const longestWait = 60_000;

async function fromFirst(urls: readonly string[], path: string, options: FetchFileOptions) {
  const { retries = 3, retryDelay = 500, signal } = options;
  /** Of each mirror the last. */
  const attempts = new Map<string, { url: string; code: string; message: string }>();
  let last: CajalError | undefined;
  let ahead = urls;
  for (let round = 0; ahead.length > 0; round++) {
    const again: string[] = [];
    // A quarter more or less, so that those who were turned away together do not come back together.
    let wait = retryDelay * 2 ** round * (0.75 + 0.5 * Math.random());
    for (const url of ahead)
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
        attempts.set(url, { url, code: error.code, message: error.message });
        last = error;
        const { transient, retryAfter } = error.facts;
        if (transient !== true) continue;
        const asked = typeof retryAfter === "number" ? retryAfter : 0;
        if (asked > longestWait) continue;
        again.push(url);
        wait = Math.max(wait, asked);
      }
    if (round >= retries || again.length === 0) break;
    await sleep(wait, undefined, { signal }).catch(() => signal?.throwIfAborted());
    ahead = again;
  }
  const tries = [...attempts.values()].map(({ message }) => `\n  ${message}`).join("");
  throw new CajalError(
    last?.code ?? "network",
    `${basename(path)} could not be fetched:${tries}\nTry again later, or put the file into the folder ${dirname(path)}.`,
    { path, attempts: [...attempts.values()] },
    { cause: last },
  );
}

/** Downloads, going on where the connection broke; checks; renames into place. */
async function fromMirror(url: string, path: string, options: FetchFileOptions): Promise<void> {
  // A link stays, what it leads to is replaced.
  const place = await ioErrors("writing", path, async () => (await followLinks(path)).path);
  const part = `${place}.part`;
  const note = `${place}.part.json`;
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
      await rename(part, place);
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
  const {
    stallTimeout = 10_000,
    minimumRate = 1_000,
    rateWindow = 30_000,
    fetch = globalThis.fetch,
    onProgress,
  } = options;
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
      throw new CajalError(
        "network",
        `${url}: ${reasonOf(cause)}.`,
        { url, transient: isBroken(cause) },
        { cause },
      );
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
      const [, start, whole] =
        /^bytes (\d+)-\d*(?:\/(\d+))?/.exec(response.headers.get("content-range") ?? "") ?? [];
      loaded = begun.offset;
      const another =
        whole !== undefined && begun.total !== undefined && Number(whole) !== begun.total;
      if (start === undefined || Number(start) !== loaded || another) {
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
        {
          url,
          status: response.status,
          transient: busy.includes(response.status),
          retryAfter: retryAfter(response.headers.get("retry-after")),
        },
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

    const known = size ?? total;
    const file = await open(part, loaded > 0 ? "r+" : "w");
    try {
      let window = { began: performance.now(), loaded };
      for (;;) {
        const { done, value } = await patiently(async () => reader!.read());
        if (done) break;
        if (known !== undefined && loaded + value.length > known) {
          await job.discard();
          throw new CajalError(
            "checksum-mismatch",
            `${url}: got more than ${known} bytes, the size of the file.`,
            { url, expected: known },
          );
        }
        // A short write is written on; what the disk refuses is thrown.
        for (let at = 0; at < value.length;)
          at += (await file.write(value, at, value.length - at, loaded + at)).bytesWritten;
        loaded += value.length;
        onProgress?.({ path, url, loaded, ...(total !== undefined && { total }) });
        const elapsed = performance.now() - window.began;
        if (elapsed < rateWindow) continue;
        const rate = (1000 * (loaded - window.loaded)) / elapsed;
        if (rate < minimumRate)
          throw new CajalError(
            "timeout",
            `${url}: the server sent ${Math.round(rate)} bytes a second, expected at least ${minimumRate}.`,
            { url, rate, minimumRate },
          );
        window = { began: performance.now(), loaded };
      }
      if (total !== undefined && loaded < total)
        throw new CajalError(
          "network",
          `${url}: the connection ended after ${loaded} of ${total} bytes.`,
          { url, loaded, total, transient: true },
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

/** Codes of connections that were there and broke off; one that was refused will be again. */
const breaks = ["ECONNRESET", "EPIPE", "ECONNABORTED", "UND_ERR_SOCKET"];

function isBroken(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error && "code" in cause && breaks.includes(String(cause.code));
}

/** Milliseconds that a server asks to be left alone: seconds, or until a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return 1000 * Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** fetch says only "fetch failed"; why is in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ("code" in cause ? String(cause.code) : cause.name);
}
