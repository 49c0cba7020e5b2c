// Questions that a thread answers, one after the other: what it has loaded and read once serves all of them.
/* oxlint-disable unicorn/require-post-message-target-origin -- a thread, no window */
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, parentPort } from "node:worker_threads";

/**
 * A thread that begins with the first question.
 * @param {string} url of a module that calls {@link answer}
 */
export function thread(url) {
  const waiting = new Map();
  let worker;
  let asked = 0;
  const start = () =>
    new Worker(fileURLToPath(url))
      .on("message", ({ id, answer, error }) => {
        const { resolve, reject } = waiting.get(id);
        waiting.delete(id);
        if (error) reject(error);
        else resolve(answer);
      })
      .on("error", (error) => {
        for (const { reject } of waiting.values()) reject(error);
      });
  return {
    ask(question) {
      worker ??= start();
      return new Promise((resolve, reject) => {
        const id = asked++;
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, question });
      });
    },
    /** It would keep the process alive. */
    end: () => worker?.terminate(),
  };
}

/** In a thread, and nothing elsewhere: gives each question to `answerOf`. */
export function answer(answerOf) {
  if (isMainThread) return;
  parentPort.on("message", async ({ id, question }) => {
    try {
      parentPort.postMessage({ id, answer: await answerOf(question) });
    } catch (error) {
      parentPort.postMessage({ id, error });
    }
  });
}
