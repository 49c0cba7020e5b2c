// Layers with names that JavaScript's objects have of their own, on both engines.
import { sizeOf, tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { GraphBuilder } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { initialize } from "./initializers/initialize";
import { open } from "./open";
import { openGradient } from "./openGradient";
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

  it.each(["ü", "_lstm"])("a layer called %s within another computes", async (name) => {
    const net = functional("m");
    const x = net.input([3, 2], { name: "x" });
    const layer = { class_name: "SimpleRNN", config: { name, units: 1, activation: "linear" } };
    const model = net.model([x], [net.layer("Bidirectional", { name: "both", layer }, x)]);
    const ones = [...initialize(model, { seed: 1 })].map(([key, { shape }]) => [key, tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(key.endsWith("bias") ? 0 : 1))] as const); // prettier-ignore
    await using session = await open(model, new Map(ones), place);
    const y = await session.predict(tensor("float32", [1, 3, 2], [1, 2, 3, 4, 5, 6]));
    expect([...y.data]).toEqual([21, 21]);
  });

  it.each(names)("an output called %s, with a loss and without", async (name) => {
    const net = functional("m");
    const x = net.input([2], { name: "x" });
    const [y, z] = [name, "z"].map((each) => net.layer("Dense", { units: 1, name: each }, x));
    const model = net.model([x], [y!, z!]);
    const weights = initialize(model, { seed: 1 });
    const input = tensor("float32", [1, 2], [3, 4]);
    const label = tensor("float32", [1, 1], [0]);
    {
      await using session = await open(model, weights, place);
      expect(Object.keys(await session.run({ x: input }))).toEqual([name, "z"]);
    }
    const metrics = Object.fromEntries([["z", [{ ...loss, name }]]]);
    for (const trained of [[name, "z"], ["z"]]) {
      const losses = Object.fromEntries(trained.map((each) => [each, loss]));
      const y = Object.fromEntries(trained.map((each) => [each, label]));
      const options = { loss: losses, optimizer, metrics, ...place };
      const step = await openTrainStep(model, weights, options);
      const result = await step.run({ x: input, y });
      expect(Object.keys(result.metrics).at(-1)).toBe(trained.length > 1 ? `z_${name}` : name);
      expect(Object.values(result.metrics).every(Number.isFinite)).toBe(true);
      await step.dispose();
    }
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
    await using gradient = await openGradient(model, new Map(), place);
    const { gradients } = await gradient.run(Object.fromEntries([[name, input]]), { dy: input });
    expect([...Object.entries(gradients)[0]![1].data].map((each) => Number(each) + 0)).toEqual([
      0, 4,
    ]);
  });
});

it.each(names)("an ONNX graph whose initializer is called %s learns", async (name) => {
  const g = new GraphBuilder();
  const w = g.initializer(name, tensor("float32", [2, 1], [1, 2]));
  g.output(g.matMul(g.input("x", "float32", ["batch", 2]), w), `${name}.y`);
  const step = await openTrainStep(g.build(), { loss, optimizer });
  const input = tensor("float32", [1, 2], [3, 4]);
  await step.run({ x: input, y: tensor("float32", [1, 1], [0]) });
  expect([...(await step.weights()).get(name)!.data]).toEqual([-2, -2]);
  await step.dispose();
});
