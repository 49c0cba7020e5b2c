// A process that trains or predicts until something ends it, as exits.ts asks:
//   work  train (on a thread of its own), step (the same, one step after the other), predict, open
//   end   exit, exitInExit, throw, reject, caught, handler, default
//   ms    after which it is ended, from when it has begun
import { random, tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { initialize, open, openTrainStep } from "@cajal/runtime";
import { dataset } from "@cajal/datasets";
import { sgd, sparseCategoricalCrossentropy, train } from "../src/index";

const [work, end, after] = process.argv.slice(2) as [keyof typeof works, keyof typeof ends, string];

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
};

/** Once, for the first of `works` calls it and `open` goes round. */
function begin(): void {
  setTimeout(ends[end], Number(after));
}

await works[work]();
