// Layers with names that JavaScript's objects have of their own, on both engines.
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { initialize } from "./initializers/initialize";
import { open } from "./open";
import { openTrainStep } from "./openTrainStep";
import type { Loss, Optimizer } from "./step/trainStep";

const names = ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf", "length"];

const loss: Loss = {
  name: "sum",
  compute: (ops, _, yPred) => ops.reduceSum(yPred, { axes: [-1] }),
};
const optimizer: Optimizer = {
  name: "sgd",
  learningRate: () => 1,
  slots: {},
  update: (ops, { parameter, gradient, rate }) => ({
    parameter: ops.sub(parameter, ops.mul(gradient, rate)),
    slots: {},
  }),
};

describe.each(["onnx", "tfjs"] as const)("on %s", (engine) => {
  const place = { engine, device: "cpu" } as const;
  it.each(names)("a layer called %s computes and learns", async (name) => {
    const net = functional("m");
    const x = net.input([2], { name: "x" });
    const dense = net.layer("Dense", { units: 2, name, kernel_initializer: "ones" }, x);
    const model = net.model([x], [net.layer("Rescaling", { scale: 2 }, dense)]);
    const weights = initialize(model, { seed: 1 });
    const input = tensor("float32", [1, 2], [3, 4]);
    await using session = await open(model, weights, place);
    expect([...(await session.predict(input)).data]).toEqual([14, 14]);
    const step = await openTrainStep(model, weights, { loss, optimizer, ...place });
    await step.run({ x: input, y: input });
    expect([...(await step.weights()).get(`${name}/bias`)!.data]).toEqual([-2, -2]);
    await step.dispose();
  });

  it.each(names)("an input and an output called %s", async (name) => {
    const net = functional("m");
    const x = net.input([2], { name });
    const y = net.layer("ReLU", { name: "y" }, x);
    const model = net.model([x], [y]);
    await using session = await open(model, new Map(), place);
    const input = tensor("float32", [1, 2], [-3, 4]);
    expect([...(await session.predict(input)).data]).toEqual([0, 4]);
    await expect(session.run({})).rejects.toMatchObject({ code: "bad-argument" });
  });
});
