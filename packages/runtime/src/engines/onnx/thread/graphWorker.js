// @ts-check
// A thread of its own for graphs, as graphThread.ts asks. Plain JavaScript, for
// Node loads it as it is, from the sources as from the build.
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { deviceHost } from "./deviceHost.js";
import { enter } from "./exitLock.js";
import { graphHost } from "./graphHost.js";
import { answersOf, helpers, waitBusily } from "./helpers.js";

/**
 * @import { Tensor } from "@cajal/core"
 * @import { InferenceSession } from "onnxruntime-common"
 * @import { GraphHost, Ref } from "./graphHost.js"
 * @import { Ort } from "../peers"
 * @typedef {Parameters<GraphHost["run"]>[0] & Parameters<import("./deviceHost.js").DeviceHost["run"]>[0]} Graph
 * @typedef {Parameters<GraphHost["run"]>[1]} RunRequest
 */

const host = workerData.onDevice ? deviceHost() : graphHost();
const helping = "end" in host ? undefined : helpers(host);
const answerOf = /** @type {(graph: unknown, question: import("./helpers.js").HelpersQuestion) => Promise<unknown>} */ ("end" in host ? undefined : answersOf(host)); // prettier-ignore
/** @type {(Graph | undefined)[]} */
const graphs = [];
/** @type {Ort | undefined} */
let loadedPackage;

/** @returns {Ort} */
function onnxRuntime() {
  if (loadedPackage) return loadedPackage;
  // At once, not by import(), which may ask other threads: who exits waits for this one.
  /** @type {Ort} */
  const ort = createRequire(import.meta.url)("onnxruntime-node");
  if (ort.env.logLevel === "warning") ort.env.logLevel = "fatal";
  loadedPackage = ort;
  return ort;
}

const tasks = {
  /**
   * @param {{ model: Uint8Array | string, options: InferenceSession.SessionOptions } & Pick<Graph, "shapes" | "outputShapes" | "writesInPlace" | "copy">} request
   */
  async open({ model, options, ...graph }) {
    const ort = onnxRuntime();
    const session = await ort.InferenceSession.create(/** @type {string} */ (model), options); // or bytes
    return {
      number: graphs.push({ ort, session, ...graph }) - 1,
      inputNames: session.inputNames,
      inputMetadata: session.inputMetadata,
      outputMetadata: session.outputMetadata,
    };
  },
  /** @param {{ number: number } & RunRequest} request */
  run: ({ number, ...request }) => host.run(/** @type {Graph} */ (graphs[number]), request),
  /** @param {import("node:worker_threads").MessagePort} port */
  connect: (port) => helping?.connect(port),
  /** @param {import("./helpers.js").PartsRequest<number>} request */
  runParts: ({ first, update, ...request }) =>
    helping?.run({
      ...request,
      first: { ...first, graph: /** @type {Graph} */ (graphs[first.graph]) },
      update: { ...update, graph: /** @type {Graph} */ (graphs[update.graph]) },
    }),
  /** @param {Parameters<GraphHost["put"]>[0]} arrays */
  put: (arrays) => host.put(arrays),
  /** @param {Parameters<GraphHost["zero"]>[0]} lengths */
  zero: (lengths) => host.zero(lengths),
  /** @param {readonly Ref[]} refs */
  take: (refs) => host.take(refs),
  /** @param {{ number: number }} request */
  async release({ number }) {
    await graphs[number]?.session.release();
    delete graphs[number];
  },
};

/** @param {{ what: string, request: unknown }} message */
async function answer({ what, request }) {
  const body = /** @type {Record<string, (request: unknown) => unknown>} */ (tasks)[what];
  const result = await inside(async () => body?.(request));
  parentPort?.postMessage(result, "value" in result ? copiesIn(what, result.value) : []);
}

/**
 * @template T
 * @param {() => Promise<T>} body
 * @returns {Promise<{ value: T } | { error: unknown }>}
 */
const inside = (body) =>
  enter(workerData.lock, body).then(
    (value) => ({ value }),
    (/** @type {unknown} */ error) => ({ error }),
  );

/**
 * The memory of arrays that are copies already: it is handed over, not copied again on the thread that asked.
 *
 * @param {string} what
 * @param {unknown} value
 */
function copiesIn(what, value) {
  /** @type {unknown[]} */
  let arrays = [];
  if (what === "take") arrays = /** @type {Float32Array[]} */ (value);
  if (what === "run") arrays = Object.values(/** @type {Record<string, Tensor>} */ (value)).map(({ data }) => data); // prettier-ignore
  // Of strings there is no memory to hand over.
  return arrays.flatMap((array) => (ArrayBuffer.isView(array) ? [/** @type {ArrayBuffer} */ (array.buffer)] : [])); // prettier-ignore
}

/** One thing after the other. */
let last = Promise.resolve();
parentPort?.on("message", (message) => void (last = last.then(() => answer(message))));

/** From the thread that this one helps. */
const helped = /** @type {import("node:worker_threads").MessagePort | undefined} */ (
  workerData.helped
);

/** @param {import("./helpers.js").HelpersQuestion} first */
async function help(first) {
  for (let question = first; question;) {
    const { number } = question;
    helped?.postMessage(await inside(async () => answerOf(graphs[number], question)), []);
    const next = helped && waitBusily(helped);
    question = /** @type {typeof first} */ (next?.message);
  }
}

helped?.on("message", (message) => void (last = last.then(() => help(message))));
