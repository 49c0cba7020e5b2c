// A file from the first of several mirrors that delivers it. Each mirror: fromMirror.ts.
import { abortable, CajalError, isCajalError } from "@cajal/core";
import type { DownloadOptions } from "./download";
import type { FileStore } from "./fileStore";
import { fromMirror } from "./fromMirror";

/** Milliseconds; for longer waits an error is better. */
const maxWait = 60_000;

export interface FromFirstOptions extends DownloadOptions {
  /** Advice for the error where all have failed: "put the file into …". */
  readonly advice?: string;
}

/**
 * Fetches a file from the first mirror that delivers it.
 *
 * @throws CajalError that of the last mirror where every one has failed; `facts.attempts` has all
 */
export async function fromFirst(
  urls: readonly string[],
  store: FileStore,
  options: FromFirstOptions,
): Promise<void> {
  const { retries = 3, retryDelay = 500, signal, advice } = options;
  const { path } = store;
  /** The last failure of each mirror. */
  const attempts = new Map<string, { url: string; code: string; message: string }>();
  let last: CajalError | undefined;
  let remainingUrls = urls;
  for (let round = 0; remainingUrls.length > 0; round++) {
    const retryUrls: string[] = [];
    // ± 25 %, so that clients that failed at the same time do not retry at the same time.
    let wait = retryDelay * 2 ** round * (0.75 + 0.5 * Math.random());
    for (const url of remainingUrls)
      try {
        return await fromMirror(url, store, options);
      } catch (error) {
        // Only failures of the mirror are a reason to try the next one.
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
        const requestedWait = typeof retryAfter === "number" ? retryAfter : 0;
        if (requestedWait > maxWait) continue;
        retryUrls.push(url);
        wait = Math.max(wait, requestedWait);
      }
    if (round >= retries || retryUrls.length === 0) break;
    await sleep(wait, signal);
    remainingUrls = retryUrls;
  }
  const attemptLines = [...attempts.values()].map(({ message }) => `\n  ${message}`).join("");
  throw new CajalError(
    last?.code ?? "network",
    `${path.split(/[\\/]/).at(-1)} could not be fetched:${attemptLines}\nTry again later${advice ? `, or ${advice}` : ""}.`,
    { path, attempts: [...attempts.values()] },
    { cause: last },
  );
}

/** @throws the signal's reason as soon as it is aborted */
async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await abortable(elapsed, signal).finally(() => clearTimeout(timer));
}
