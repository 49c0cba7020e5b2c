// A thread of its own for the graphs of a training step, as graphThread.ts asks. Plain JavaScript, for
// Node loads it as it is, from the sources as from the build.
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { enter } from "./exitLock.js";
import { graphHost } from "./graphHost.js";

const host = graphHost();
const graphs = [];
let ort;

const answers = {
  async open({ model, options, shapes, written, fills }) {
    if (!ort) {
      // At once, not by import(), which may ask other threads: who exits waits for this one.
      ort = createRequire(import.meta.url)("onnxruntime-node");
      if (ort.env.logLevel === "warning") ort.env.logLevel = "fatal";
    }
    const session = await ort.InferenceSession.create(model, options);
    return {
      number: graphs.push({ ort, session, shapes, written, fills }) - 1,
      inputNames: session.inputNames,
    };
  },
  run: ({ number, ...request }) => host.run(graphs[number], request),
  put: (arrays) => host.put(arrays),
  zero: (lengths) => host.zero(lengths),
  take: (refs) => host.take(refs),
  async release({ number }) {
    await graphs[number].session.release();
    delete graphs[number];
  },
};

parentPort.on("message", async ({ what, request }) => {
  const answer = await enter(workerData.lock, () => answers[what](request)).then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  const given = what === "take" ? (answer.value?.map(({ buffer }) => buffer) ?? []) : [];
  parentPort.postMessage(answer, given);
});
