/** Of one thread; shared with those that may end it. */
export type ExitLock = Int32Array<SharedArrayBuffer>;

export function exitLock(): ExitLock;

/** Runs native code, one call after the other. Once the lock is closed nothing runs, and the promise stays open. */
export function enter<T>(lock: ExitLock, body: () => T | Promise<T>): Promise<T>;

/** Waits, blocking the calling thread, until nothing is inside, and lets nothing in any more. */
export function close(lock: ExitLock): void;
