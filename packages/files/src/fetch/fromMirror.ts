// A file from one mirror: resumed where a download was interrupted (RFC 9110, sections 13 and 14: If-Range, Range),
// checked on disk, and renamed into place when it is right, so that under its own name there is always a whole file
// or none.
import { CajalError, isCajalError } from "@cajal/core";
import { readFile, rename, rm, stat } from "node:fs/promises";
import { ioErrors } from "../ioErrors";
import { followLinks } from "../writeWhole";
import { download, type Begun, type FetchFileOptions } from "./download";
import { problemOf } from "./problemOf";

/** Downloads, going on where the connection broke; checks; renames into place. */
export async function fromMirror(
  url: string,
  path: string,
  options: FetchFileOptions,
): Promise<void> {
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

const isFull = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
