// The locks of this thread's workers, which it closes as it exits, in the order in which they were made: a worker may wait for
// one that was begun later to help it.
import { close, type ExitLock } from "./exitLock.js";

const locks = new Set<ExitLock>();

/**
 * Closes a lock as this thread exits: by process.exit, in a signal's handler or otherwise, for an error
 * that nobody caught, or because nothing is left to do.
 *
 * @returns what forgets it
 */
export function closeAtExit(lock: ExitLock): () => void {
  // First, for a listener that calls process.exit keeps the later ones from running.
  if (locks.size === 0) process.prependListener("exit", closeAll);
  locks.add(lock);
  return () => {
    if (locks.delete(lock) && locks.size === 0) process.off("exit", closeAll);
  };
}

const closeAll = () => locks.forEach(close);
