// A file from one mirror: resumed where a download was interrupted (RFC 9110, sections 13 and 14: If-Range, Range),
// and checked before it is put in its place.
import { CajalError, isCajalError } from "@cajal/core";
import { download, type DownloadOptions } from "./download";
import type { FileStore } from "./fileStore";

/** Downloads, resuming broken connections; verifies; renames into place. */
export async function fromMirror(
  url: string,
  store: FileStore,
  options: DownloadOptions,
): Promise<void> {
  let brokenConnections = 0;
  for (;;) {
    const resumePoint = await store.resumePoint(url);
    const startOffset = resumePoint.offset;
    if (startOffset === 0) await store.discard();
    try {
      if (startOffset === 0 || startOffset !== resumePoint.total)
        await download(url, store, resumePoint, options);
    } catch (error) {
      if (isFull(error)) await store.discard().catch(() => {});
      // A broken connection that delivered some bytes is resumed; what is gone was none of this file's, as the range that
      // was asked for is not there: from the start.
      if (isCajalError(error, "network") && brokenConnections++ < 5) {
        const { offset } = await store.resumePoint(url);
        if (offset > startOffset || (offset === 0 && startOffset > 0)) continue;
      }
      throw error;
    }
    const problem = await store.problem();
    if (problem === undefined) return store.finish();
    await store.discard();
    // A part of an earlier download may have been damaged: retried once from the start.
    if (startOffset > 0) continue;
    throw new CajalError("checksum-mismatch", `${url}: ${problem.message} The file was removed.`, {
      url,
      ...problem.facts,
    });
  }
}

const isFull = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
