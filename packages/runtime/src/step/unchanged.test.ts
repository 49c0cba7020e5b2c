import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { expect, it } from "vitest";
import { initialize } from "../initializers/initialize";
import { openTrainStep } from "../openTrainStep";
import type { Loss, Optimizer } from "./trainStep";

const loss: Loss = {
  name: "error",
  compute: (ops, yTrue, yPred) => ops.reduceMean(ops.sub(yPred, yTrue), { axes: [-1] }),
};
const optimizer: Optimizer<{ kept: number }> = {
  name: "none",
  learningRate: () => 1,
  slots: { kept: 3 },
  update: (_, { parameter, slots }) => ({ parameter, slots }),
};

it.each(["onnx", "tfjs"] as const)(
  "takes an optimizer that hands on what it is given, on engine %s",
  async (engine) => {
    const net = functional("line");
    const x = net.input([2]);
    const model = net.model(x, net.layer("Dense", { units: 1, name: "dense" }, x));
    const weights = initialize(model, { seed: 1 });
    await using step = await openTrainStep(model, weights, { loss, optimizer, engine, device: "cpu", verify: false }); // prettier-ignore
    const batch = { x: tensor("float32", [1, 2], [1, 2]), y: tensor("float32", [1, 1], [0]) };
    for (let i = 0; i < 3; i++) await step.run(batch);
    expect((await step.weights()).get("dense/kernel")).toEqual(weights.get("dense/kernel"));
    expect([...(await step.state()).get("dense/kernel/kept")!.data]).toEqual([3, 3]);
  },
);
