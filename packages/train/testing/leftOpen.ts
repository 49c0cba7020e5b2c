// A process that trains by default, then leaves a step open, its thread with it, and comes to its end.
import { Worker } from "node:worker_threads";
import { digits } from "@cajal/datasets";
import { functional } from "@cajal/models";
import { initialize, openTrainStep } from "@cajal/runtime";
import { sgd, sparseCategoricalCrossentropy, train } from "../src/index";

const workers = new Set<Worker>();
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (...args) {
  workers.add(this);
  return postMessage.apply(this, args);
};

const net = functional("small");
const image = net.input([8, 8, 1]);
const flat = net.layer("Flatten", {}, image);
const model = net.model([image], [net.layer("Dense", { units: 10, activation: "softmax" }, flat)]);
const options = { loss: sparseCategoricalCrossentropy(), optimizer: sgd() };
const data = digits().take(64).batch(32);

for await (const event of train(model, data, { ...options, epochs: 1 }))
  if (event.type === "end") console.log(`trained, ${workers.size} workers`);
const worker = process.argv[2] === "worker";
const step = await openTrainStep(model, initialize(model, { seed: 1 }), { ...options, worker });
await step.run(await data.all());
console.log(`left open, ${workers.size} workers`);
