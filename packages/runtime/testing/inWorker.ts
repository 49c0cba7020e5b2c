// Predicts and trains in a Worker, as users have them, and on the main thread; writes what both computed. Waits long
// enough for the telemetry of onnxruntime-node to begin in the Worker.
import { once } from "node:events";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { initialize, open, openTrainStep } from "../src/index";

const net = functional("net");
const x = net.input([3]);
const model = net.model([x], [net.layer("Dense", { units: 2, activation: "relu" }, x)]);
const weights = initialize(model, { seed: 1 });
const batch = { x: tensor("float32", [2, 3], [1, 2, 3, -1, 0, 2]), y: tensor("float32", [2, 2], [1, 0, 1, 1]) }; // prettier-ignore

async function compute(): Promise<number[][]> {
  await using session = await open(model, weights, { engine: "onnx", device: "cpu" });
  const predicted = [...(await session.predict(batch.x)).data].map(Number);
  const step = await openTrainStep(model, weights, {
    engine: "onnx",
    device: "cpu",
    worker: true,
    loss: { name: "square", compute: (ops, yTrue, yPred) => ops.reduceMean(ops.pow(ops.sub(yPred, yTrue), 2), { axes: [-1] }) }, // prettier-ignore
    optimizer: {
      name: "momentum",
      learningRate: () => 0.1,
      slots: { velocity: 0 },
      update: (ops, { parameter, gradient, rate, slots }) => {
        const velocity = ops.add(ops.mul(slots["velocity"]!, 0.9), gradient);
        return { parameter: ops.sub(parameter, ops.mul(velocity, rate)), slots: { velocity } };
      },
    },
  });
  const losses: number[] = [];
  for (let i = 0; i < 3; i++) losses.push((await step.run(batch)).loss);
  losses.push((await step.run([batch, batch])).loss);
  const trained = [...(await step.weights()).values()].flatMap(({ data }) => [...data].map(Number));
  // What ONNX Runtime refuses is an error here as there.
  const refused = await open(new Uint8Array([8, 9, 255]), { engine: "onnx", device: "cpu" }).then(() => "", ({ code }: { code: string }) => code); // prettier-ignore
  await step.dispose();
  return [predicted, losses, trained, [refused.length]];
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
  const [inWorker] = (await once(worker, "message")) as [number[][]];
  await once(worker, "exit");
  if (process.argv[2] !== "worker alone")
    console.log(JSON.stringify({ inWorker, here: await compute() }));
  else console.log("done");
} else {
  // oxlint-disable-next-line require-post-message-target-origin -- a thread, no window
  parentPort!.postMessage(await compute());
  if (process.argv[2] === "worker alone") await new Promise((resolve) => setTimeout(resolve, 4000));
}
