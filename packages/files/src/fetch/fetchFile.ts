// A file from the first of several mirrors that gives it whole, in the cache. Each mirror: fromMirror.ts.
import { CajalError, checkArgument, checkOptions, isCajalError, optionsOf } from "@cajal/core";
import { mkdir, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { basename, dirname, isAbsolute, join, normalize } from "node:path";
import { cacheFolder } from "./cacheFolder";
import { ioErrors } from "../ioErrors";
import type { FetchFileOptions } from "./download";
import { fromMirror } from "./fromMirror";
import { listAsCached } from "./cacheContents";
import { problemOf } from "./problemOf";
import { followLinks } from "../writeWhole";
import { withLock } from "./withLock";

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
