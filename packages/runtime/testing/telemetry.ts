// A process that uses onnxruntime-node in all the ways in which Cajal does, and lives long enough for its
// telemetry to begin, which takes some seconds.
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { devices, initialize, open, openTrainStep } from "../src/index";

const net = functional("net");
const x = net.input([3]);
const model = net.model([x], [net.layer("Dense", { units: 1 }, x)]);
const weights = initialize(model, { seed: 1 });
const batch = { x: tensor("float32", [1, 3], [1, 2, 3]), y: tensor("float32", [1, 1], [1]) };

const session = await open(model, weights);
await session.predict(batch.x);
const step = await openTrainStep(model, weights, {
  worker: true,
  loss: {
    name: "square",
    compute: (ops, yTrue, yPred) => ops.squeeze(ops.pow(ops.sub(yPred, yTrue), 2)),
  },
  optimizer: {
    name: "descent",
    learningRate: () => 0.01,
    slots: {},
    update: (ops, { parameter, gradient, rate }) => ({
      parameter: ops.sub(parameter, ops.mul(rate, gradient)),
      slots: {},
    }),
  },
});
await step.run(batch);
await devices();
await new Promise((resolve) => setTimeout(resolve, 4000));
console.log("done");
