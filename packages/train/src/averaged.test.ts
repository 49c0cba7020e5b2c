import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { openTrainStep, type EngineName } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { averaged, averagedWeights, meanSquaredError, sgd } from "./index";

const engines: readonly EngineName[] = ["onnx", "tfjs"];

describe.each(engines)("averages of weights on %s", (engine) => {
  it("follow the weights, and are Keras' own after the first step", async () => {
    const net = functional("line");
    const x = net.input([1]);
    const model = net.model([x], [net.layer("Dense", { units: 1, use_bias: false, name: "a" }, x)]);
    const one = tensor("float32", [1, 1], [1]);
    const step = await openTrainStep(model, new Map([["a/kernel", one]]), {
      loss: meanSquaredError(),
      optimizer: averaged(sgd({ learningRate: 0.25 }), { momentum: 0.5 }),
      engine,
    });
    const batch = { x: one, y: tensor("float32", [1, 1], [0]) };
    const losses = [];
    for (let i = 0; i < 3; i++) {
      await step.run(batch);
      const [weights, state] = [await step.weights(), await step.state()];
      losses.push(
        [weights, averagedWeights(weights, state)].map((w) => w.get("a/kernel")!.data[0]),
      );
    }
    // w ← w − ¼·2w = w/2; averages: ½, then ½·½ + ½·¼ = ⅜, then ½·⅜ + ½·⅛ = ¼.
    expect(losses).toEqual([
      [0.5, 0.5],
      [0.25, 0.375],
      [0.125, 0.25],
    ]);
    await step.dispose();
  });

  it("leave weights that no step updates as they are", async () => {
    const net = functional("two");
    const x = net.input([1]);
    const dense = (name: string) => net.layer("Dense", { units: 1, use_bias: false, name }, x);
    const model = net.model([x], [dense("a"), dense("b"), dense("still")]);
    const value = (number: number) => tensor("float32", [1, 1], [number]);
    const step = await openTrainStep(
      model,
      new Map([
        ["a/kernel", value(1)],
        ["b/kernel", value(5)],
        ["still/kernel", value(7)],
      ]),
      {
        loss: { a: meanSquaredError(), still: meanSquaredError() },
        optimizer: averaged(sgd({ learningRate: 0.25 }), { momentum: 0.5 }),
        learningRateMultipliers: { still: 0 },
        engine,
      },
    );
    const y = { a: value(0), still: value(0) };
    for (let i = 0; i < 2; i++) await step.run({ x: value(1), y });
    const averages = averagedWeights(await step.weights(), await step.state());
    // As above, ½·½ + ½·¼.
    expect([...averages.values()].map(({ data }) => data[0])).toEqual([0.375, 5, 7]);
    await step.dispose();
  });
});

it("is another optimizer by its momentum, for a run that is resumed", () => {
  const configs = [0.9, 0.99].map((momentum) => averaged("sgd", { momentum }).config);
  expect(configs[0]).not.toEqual(configs[1]);
  expect(configs[0]).toMatchObject(sgd().config!);
});

it.each([
  ["0.5", 'averaged: got momentum "0.5"'],
  [1, "averaged: got momentum 1"],
])("refuses a momentum of %o", (momentum, message) =>
  expect(() => averaged("sgd", { momentum: momentum as number })).toThrow(message),
);
