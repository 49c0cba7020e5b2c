// @ts-check
// Node terminates worker threads when the process exits. A thread inside ONNX Runtime then returns into an
// environment that runs no JavaScript any more, and its binding aborts the process: SIGABRT instead of the
// requested exit code. So a thread marks when it is inside native code, and the exiting thread waits until it is
// outside. Plain JavaScript, because graphWorker.js imports it; types in exitLock.d.ts.

const outside = 0;
const inside = 1;
const closed = 2;

/** @type {typeof import("./exitLock.js").exitLock} */
export const exitLock = () => new Int32Array(new SharedArrayBuffer(4));

/** @type {typeof import("./exitLock.js").enter} */
export async function enter(lock, body) {
  if (Atomics.compareExchange(lock, 0, outside, inside) !== outside) return new Promise(() => {});
  try {
    return await body();
  } finally {
    Atomics.store(lock, 0, outside);
    Atomics.notify(lock, 0);
  }
}

/** @type {typeof import("./exitLock.js").close} */
export function close(lock) {
  while (Atomics.compareExchange(lock, 0, outside, closed) === inside)
    Atomics.wait(lock, 0, inside);
}
