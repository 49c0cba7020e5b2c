// A file in the cache, fetched where it is missing. From several mirrors: fromFirst.ts.
import { cacheFolder, CajalError, checkArgument, checkOptions, optionsOf } from "@cajal/core";
import { mkdir, rm } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, normalize } from "node:path";
import { ioErrors } from "../ioErrors";
import { diskStore } from "./diskStore";
import { requestOptions, type DownloadOptions } from "./download";
import { fromFirst } from "./fromFirst";
import { listAsCached } from "./cacheContents";
import { problemOf } from "./problemOf";
import { followLinks } from "../writeWhole";
import { withLock } from "./withLock";

export interface FetchFileOptions extends DownloadOptions {
  /** URLs of the file, tried in order. */
  urls: readonly string[];
  /** Its path within the cache folder, e.g. "mnist/train-labels-idx1-ubyte.gz", or an absolute path. */
  to: string;
  /** The cache folder; default that of `cacheFolder()`. */
  cache?: string;
  /** SHA-256 of the content, in hexadecimal. */
  sha256?: string;
  /** MD5 of the content, in hexadecimal, where no SHA-256 is published. */
  md5?: string;
  /** Whether the hashes are those of the content within a gzip file, whose compression may differ by mirror. Default false. */
  gunzip?: boolean;
  /** Fetches nothing: the file must be in the cache, else the error `offline` says where to put it. Default false. */
  offline?: boolean;
  /** Aborts the download; the bytes so far are kept, and the next call resumes it. */
  signal?: AbortSignal;
}

/**
 * The path of a file in the cache; it is fetched if it is missing or its hash differs. Several processes may
 * ask for the same file at once: one fetches it, the others wait.
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
        const advice = `put the file into the folder ${dirname(path)}`;
        await fromFirst(urls, await diskStore(path, options), { ...options, advice });
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
  ...requestOptions,
});
