// One request for a file, or for the rest of it, streamed into a store.
import { abortable, CajalError, optionsOf } from "@cajal/core";
import type { ResumePoint, FileStore } from "./fileStore";

/** Timeouts, retries and the like of requests for files. */
export interface RequestOptions {
  /** Milliseconds without a byte after which a mirror is abandoned; default 10,000. */
  stallTimeout?: number;
  /** Bytes per second, averaged over `rateWindow`, below which a mirror is abandoned; default 1,000. */
  minimumRate?: number;
  /** Milliseconds; default 30,000. */
  rateWindow?: number;
  /**
   * How often mirrors that fail temporarily are retried (status 408, 425, 429, 500, 502, 503, 504, or a
   * connection that ends without new bytes). Default 3.
   */
  retries?: number;
  /**
   * Milliseconds before the first retry, ± 25 % at random, doubled each time; default 500. A longer Retry-After
   * of the server (RFC 9110, section 10.2.3) is respected up to a minute; beyond, the mirror is abandoned.
   */
  retryDelay?: number;
  /** Aborts the download. */
  signal?: AbortSignal;
  /** Called for every piece that arrives. */
  onProgress?: (progress: FetchProgress) => void;
  /** Default: the global one; another may use a proxy. */
  fetch?: typeof globalThis.fetch;
}

/** For `checkOptions`. */
export const requestOptions = optionsOf<RequestOptions>({
  stallTimeout: { least: 0 },
  minimumRate: { least: 0 },
  rateWindow: { least: 0 },
  retries: { least: 0 },
  retryDelay: { least: 0 },
  signal: "signal",
  onProgress: "function",
  fetch: "function",
});

/** Options of a request, and the size of the file. */
export interface DownloadOptions extends RequestOptions {
  /** Bytes of the file, if known. */
  size?: number;
}

export interface FetchProgress {
  /** Path that the file will have; of a file in memory, its URL. */
  readonly path: string;
  readonly url: string;
  /** Bytes so far, including those of an earlier, interrupted download. */
  readonly loaded: number;
  /** Bytes of the whole file, where the server states them. */
  readonly total?: number;
}

export async function download(
  url: string,
  store: FileStore,
  resumePoint: ResumePoint,
  options: DownloadOptions,
): Promise<void> {
  const {
    stallTimeout = 10_000,
    minimumRate = 1_000,
    rateWindow = 30_000,
    fetch = globalThis.fetch,
    onProgress,
  } = options;
  const { path } = store;
  const stallController = new AbortController();
  const signal = options.signal
    ? AbortSignal.any([options.signal, stallController.signal])
    : stallController.signal;
  /** Rejects with `timeout` where `work` takes longer than `stallTimeout`. */
  const withStallTimeout = async <T>(work: () => Promise<T>): Promise<T> => {
    const timer = setTimeout(() => stallController.abort(), stallTimeout);
    try {
      return await abortable(work(), signal);
    } catch (cause) {
      options.signal?.throwIfAborted();
      if (stallController.signal.aborted)
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
  if (resumePoint.offset > 0 && resumePoint.validator !== undefined) {
    headers.set("range", `bytes=${resumePoint.offset}-`);
    headers.set("if-range", resumePoint.validator);
  }
  const response = await withStallTimeout(() =>
    fetch(url, { headers, signal }).catch((cause) => {
      throw withCors(cause, url);
    }),
  );
  const reader = response.body?.getReader();
  const chunks = reader && readAhead(reader);
  try {
    let loaded = 0;
    /** Of the whole file, as a range says it; a server may answer with less than the rest that was asked for. */
    let wholeSize: number | undefined;
    if (response.status === 206) {
      const [, start, whole] =
        /^bytes (\d+)-\d*(?:\/(\d+))?/.exec(response.headers.get("content-range") ?? "") ?? [];
      loaded = resumePoint.offset;
      wholeSize = whole === undefined ? resumePoint.total : Number(whole);
      const isAnotherFile = resumePoint.total !== undefined && wholeSize !== resumePoint.total;
      if (start === undefined || Number(start) !== loaded || isAnotherFile) {
        await store.discard();
        throw new CajalError(
          "network",
          `${url}: asked for bytes from ${loaded}, got ${response.headers.get("content-range")}.`,
          { url },
        );
      }
    } else if (response.status !== 200 || reader === undefined) {
      if (response.status === 416) await store.discard();
      throw new CajalError(
        "network",
        `${url}: got status ${response.status} ${response.statusText}, expected 200.`,
        {
          url,
          status: response.status,
          transient: busyStatuses.includes(response.status),
          retryAfter: retryAfter(response.headers.get("retry-after")),
        },
      );
    }
    const isEncoded = response.headers.has("content-encoding");
    const length = response.headers.get("content-length");
    const stated = length === null ? undefined : loaded + Number(length);
    const statedTotal = isEncoded ? undefined : (wholeSize ?? stated);
    // Of another site's file a page is told the length, but not whether it is that of packed bytes.
    const total = response.type === "cors" ? undefined : statedTotal;
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
    await store.note({ url, total, ...(!isEncoded && validator !== null && { validator }) });

    const expected = size ?? total;
    const file = await store.open(loaded);
    try {
      let window = { start: performance.now(), loaded };
      for (;;) {
        const { done, value } = await withStallTimeout(() => chunks!.next());
        if (done) break;
        if (expected !== undefined && loaded + value.length > expected) {
          await store.discard();
          throw new CajalError(
            "checksum-mismatch",
            `${url}: got more than ${expected} bytes, the size of the file.`,
            { url, expected },
          );
        }
        await file.write(value, loaded);
        loaded += value.length;
        const isTotal = statedTotal !== undefined && loaded <= statedTotal;
        onProgress?.({ path, url, loaded, ...(isTotal && { total: statedTotal }) });
        const elapsed = performance.now() - window.start;
        if (elapsed < rateWindow) continue;
        const rate = (1000 * (loaded - window.loaded)) / elapsed;
        if (rate < minimumRate)
          throw new CajalError(
            "timeout",
            `${url}: the server sent ${Math.round(rate)} bytes a second, expected at least ${minimumRate}.`,
            { url, rate, minimumRate },
          );
        window = { start: performance.now(), loaded };
      }
      if (total !== undefined && loaded < total)
        throw new CajalError(
          "network",
          `${url}: the connection ended after ${loaded} of ${total} bytes.`,
          { url, loaded, total, transient: true },
        );
      await file.flush();
    } finally {
      await file.close();
    }
  } finally {
    // Also where the loop was left early: frees the connection.
    await reader?.cancel().catch(() => {});
  }
}

/**
 * Chunks, asked for before they are wanted: what lies in a stream is lost where the connection breaks before somebody asks for it,
 * and the disk takes its time.
 */
function readAhead<T>(reader: ReadableStreamDefaultReader<T>) {
  const ask = () => {
    const read = reader.read();
    read.catch(() => {}); // told to whom it is given
    return read;
  };
  const asked = Array.from({ length: chunksAhead }, ask);
  return {
    next: () => {
      asked.push(ask());
      return asked.shift()!;
    },
  };
}

/** A megabyte of chunks as they usually come. */
const chunksAhead = 16;

/** Status codes of temporary failures. */
const busyStatuses = [408, 425, 429, 500, 502, 503, 504];

/** Codes of broken connections, which may be retried; those of refused ones are not among them. */
const brokenConnectionCodes = ["ECONNRESET", "EPIPE", "ECONNABORTED", "UND_ERR_SOCKET"];

function isBroken(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return (
    cause instanceof Error && "code" in cause && brokenConnectionCodes.includes(String(cause.code))
  );
}

/** Retry-After in milliseconds; the header has seconds or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return 1000 * Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** What browsers hide in "Failed to fetch": another site may not have allowed this page to read its files. */
function withCors(cause: unknown, url: string): unknown {
  const { location } = globalThis as { readonly location?: { readonly href: string; readonly origin: string } }; // prettier-ignore
  const isHidden = cause instanceof TypeError && cause.cause === undefined;
  if (!isHidden || !location || new URL(url, location.href).origin === location.origin)
    return cause;
  const reason = `${cause.message.replace(/\.$/, "")}. The browser does not say why: the server cannot be reached, or does not allow pages of ${location.origin} to read its files (CORS)`;
  return new TypeError(reason);
}

/** The reason of a failed fetch, whose own message is only "fetch failed". */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ("code" in cause ? String(cause.code) : cause.name);
}
