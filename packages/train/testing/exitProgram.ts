// A process that trains or predicts until something ends it, as exits.ts asks:
//   work  train (on a thread of its own), step (the same, one step after the other), predict, open;
//         "own thread: WORK" does it in a Worker, as users have them
//   end   exit, exitInExit, throw, reject, caught, handler, default; of a Worker also terminate, and exitInWorker
//   ms    after which it is ended, from when it has begun
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { random, tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { initialize, open, openTrainStep } from "@cajal/runtime";
import { dataset } from "@cajal/datasets";
import { sgd, sparseCategoricalCrossentropy, train } from "../src/index";

const [what = "", end, after] = process.argv.slice(2) as [string, keyof typeof ends, string];
const ownThread = "own thread: ";
const work = what.replace(ownThread, "") as keyof typeof works;
/** What the main thread has when the work is on a thread of its own. */
let worker: Worker | undefined;

const net = functional("net");
const image = net.input([32, 32, 3]);
let x = image;
for (const filters of [32, 64])
  x = net.layer("Conv2D", { filters, kernel_size: 3, activation: "relu" }, x);
x = net.layer("GlobalAveragePooling2D", {}, x);
const model = net.model([image], [net.layer("Dense", { units: 10, activation: "softmax" }, x)]);
const weights = initialize(model, { seed: 1 });

const draw = random(0, "exits");
const pixels = Float32Array.from({ length: 64 * 32 * 32 * 3 }, () => draw.float());
const batch = {
  x: tensor("float32", [64, 32, 32, 3], pixels),
  y: tensor("int32", [64], new Int32Array(64)),
};
const options = { loss: sparseCategoricalCrossentropy(), optimizer: sgd() };

const works = {
  async train() {
    const data = dataset(batch).batch(32);
    for await (const event of train(model, data, { ...options, epochs: 1e6 }))
      if (event.type === "step" && event.step === 1) begin();
  },
  async step() {
    const step = await openTrainStep(model, weights, { ...options, worker: true });
    begin();
    for (;;) await step.run([batch, batch]);
  },
  async predict() {
    await using session = await open(model, weights);
    begin();
    for (;;) await session.predict(batch.x);
  },
  async open() {
    begin();
    for (;;) {
      const step = await openTrainStep(model, weights, { ...options, worker: true });
      await step.run(batch);
      await step.dispose();
    }
  },
};

/** As user code ends a worker before the process. */
async function terminate(): Promise<void> {
  await worker!.terminate();
  process.exit(7);
}

const signal = () => process.kill(process.pid, "SIGTERM");
const ends = {
  exit: () => process.exit(7),
  exitInExit: () => {
    process.on("exit", () => process.exit(8));
    process.exit(7);
  },
  throw: () => {
    throw new Error("elsewhere");
  },
  reject: () => void Promise.reject(new Error("elsewhere")),
  caught: () => {
    process.on("uncaughtException", () => process.exit(9));
    throw new Error("elsewhere");
  },
  handler: () => {
    process.on("SIGTERM", () => process.exit(143));
    signal();
  },
  default: signal,
  terminate,
  exitInWorker: () => process.exit(7),
};

/** Once, for the first of `works` calls it and `open` goes round. */
function begin(): void {
  if (isMainThread || end === "exitInWorker") setTimeout(ends[end], Number(after));
  // oxlint-disable-next-line require-post-message-target-origin -- a thread, no window
  else parentPort!.postMessage("begun");
}

if (isMainThread && what.startsWith(ownThread)) {
  worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
  if (end === "exitInWorker") worker.on("exit", (code) => process.exit(code));
  else worker.once("message", begin);
} else await works[work]();
