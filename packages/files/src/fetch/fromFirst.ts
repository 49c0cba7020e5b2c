// A file from the first of several mirrors that gives it whole. Each mirror: fromMirror.ts.
import { abortable, CajalError, isCajalError } from "@cajal/core";
import type { DownloadOptions } from "./download";
import type { FileStore } from "./fileStore";
import { fromMirror } from "./fromMirror";

/** Who is asked to wait longer is better served by an error that says so. */
const longestWait = 60_000;

export interface FromFirstOptions extends DownloadOptions {
  /** What else to do where all have failed: "put the file into …". */
  readonly advice?: string;
}

/**
 * Fetches a file from the first mirror that gives it whole.
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
        return await fromMirror(url, store, options);
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
    await waiting(wait, signal);
    ahead = again;
  }
  const tries = [...attempts.values()].map(({ message }) => `\n  ${message}`).join("");
  throw new CajalError(
    last?.code ?? "network",
    `${path.split(/[\\/]/).at(-1)} could not be fetched:${tries}\nTry again later${advice ? `, or ${advice}` : ""}.`,
    { path, attempts: [...attempts.values()] },
    { cause: last },
  );
}

/** @throws the signal's reason as soon as it is aborted */
async function waiting(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await abortable(over, signal).finally(() => clearTimeout(timer));
}
