// A lock between processes: a file that names its owner. The lock of a killed owner is stale: its process
// does not exist, or, on another host, the file's time is no longer renewed.
// The lock only avoids duplicate work: breaking one by mistake does no harm, since downloads are verified on
// disk before they are renamed into place.
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { link, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** How often an owner renews its file, and after which time without renewal it is stale, in ms. */
const renewEvery = 2_000;
const staleAfter = 15_000;
const pollEvery = 100;

/**
 * Runs `body` while holding the lock; waits as long as another living process holds it.
 *
 * @param path the lock's file; its folder exists
 */
export async function withLock<T>(
  path: string,
  body: () => Promise<T>,
  options: { signal?: AbortSignal } = {},
): Promise<T> {
  const { signal } = options;
  const lockContent = JSON.stringify({ host: hostname(), pid: process.pid, token: randomUUID() });
  while (!acquire(path, lockContent)) {
    signal?.throwIfAborted();
    if (!(await removeStale(path)))
      await sleep(pollEvery, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
  const renewal = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, renewEvery).unref();
  try {
    return await body();
  } finally {
    clearInterval(renewal);
    if ((await contentOf(path)) === lockContent) await rm(path, { force: true });
  }
}

/** Creates the file with its content in one go (synchronously: no other work comes between). */
function acquire(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Removes the lock if it is stale; returns whether it may be free now. */
async function removeStale(path: string): Promise<boolean> {
  const content = await contentOf(path);
  if (content === undefined) return true;
  if (!ownerIsGone(content) && !(await isOld(path))) return false;
  // Of several that find it stale, rename lets one remove it. Should that one be late and get hold of
  // its successor's lock, it puts it back.
  const asidePath = `${path}.${randomUUID()}`;
  try {
    await rename(path, asidePath);
  } catch {
    return true;
  }
  if ((await contentOf(asidePath)) !== content) await link(asidePath, path).catch(() => {});
  await rm(asidePath, { force: true });
  return true;
}

function ownerIsGone(content: string): boolean {
  let owner: unknown;
  try {
    owner = JSON.parse(content);
  } catch {
    return false; // half-written: its time will tell
  }
  if (typeof owner !== "object" || owner === null || !("host" in owner) || !("pid" in owner))
    return false;
  if (owner.host !== hostname() || typeof owner.pid !== "number") return false;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

async function isOld(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs > staleAfter;
}

const contentOf = (path: string) => readFile(path, "utf8").catch(() => undefined);
