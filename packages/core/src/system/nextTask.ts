// Yields to the event loop, so that timers and sockets get their turn; awaiting a promise alone does not.

/** Resolves in a later task of the event loop, as soon as there is one. */
export const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else {
      // Timers wait 4 ms in browsers once they are nested; messages do not.
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener("message", () => {
        port1.close();
        resolve();
      });
      port1.start();
      port2.postMessage(null);
    }
  });
