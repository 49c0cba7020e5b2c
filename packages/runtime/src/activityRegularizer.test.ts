// What outputs add to the loss: l1 Σ|y| + l2 Σy² over the batch's size, as Keras 3 has it.
import { tensor } from "@cajal/core";
import { functional, type ModelConfig } from "@cajal/models";
import { binaryCrossentropy, meanSquaredError, sgd, sparseCategoricalCrossentropy } from "@cajal/train"; // prettier-ignore
import { describe, expect, it } from "vitest";
import { initialize } from "./initializers/initialize";
import { openTrainStep } from "./openTrainStep";

it("is the regularizer of the outputs, a share of the batch, and moves the weights", async () => {
  const net = functional("small");
  const x = net.input([2]);
  const y = net.layer("ActivityRegularization", { l1: 0.5, l2: 0.25 }, net.layer("Dense", { units: 1, use_bias: false, name: "out" }, x)); // prettier-ignore
  const weights = new Map([["out/kernel", tensor("float32", [2, 1], [1, -2])]]);
  const options = { loss: meanSquaredError(), optimizer: sgd({ learningRate: 0.1 }) };
  const step = await openTrainStep(net.model(x, y), weights, { ...options, engine: "onnx" });
  const batch = {
    x: tensor("float32", [2, 2], [1, 0, 0, 1]),
    y: tensor("float32", [2, 1], [1, -2]),
  };
  // Outputs 1 and -2 are the targets: what is left is (0.5 · 3 + 0.25 · 5) / 2.
  const { loss } = await step.run(batch);
  expect(loss).toBeCloseTo(1.375, 5);
  // Gradients of it by the outputs: (0.5 sign(y) + 0.5 y) / 2 = 0.5 and -0.75.
  const { data } = (await step.weights()).get("out/kernel")!;
  expect(Number(data[0])).toBeCloseTo(1 - 0.05, 5);
  expect(Number(data[1])).toBeCloseTo(-2 + 0.075, 5);
  await step.dispose();
  await expect(openTrainStep(net.model(x, y), weights, { ...options, engine: "tfjs", device: "cpu" })).rejects.toMatchObject({ code: "unsupported" }); // prettier-ignore
});

it.each([
  ["sigmoid", binaryCrossentropy, 1, [0.88079708, 0.11920292]],
  ["softmax", sparseCategoricalCrossentropy, 2, [0.5, 0.5, 0.5, 0.5]],
] as const)(
  "is of the probabilities that a %s gives, not of the logits that its loss takes",
  async (activation, loss, units, p) => {
    // prettier-ignore
    const net = functional("small");
    const x = net.input([1]);
    const activity_regularizer = { class_name: "L1L2", config: { l1: 0.5, l2: 0.25 } };
    const y = net.layer("Dense", { units, activation, use_bias: false, name: "out", activity_regularizer }, x); // prettier-ignore
    const weights = new Map([["out/kernel", tensor("float32", [1, units], Array(units).fill(2))]]);
    const options = { loss: loss(), optimizer: sgd(), engine: "onnx" } as const;
    const step = await openTrainStep(net.model(x, y), weights, options);
    const batch = { x: tensor("float32", [2, 1], [1, -1]), y: tensor("int32", [2], [1, 0]) };
    const crossentropy = units === 1 ? -Math.log(p[0]) : Math.LN2;
    const penalty = p.reduce((sum, each) => sum + 0.5 * each + 0.25 * each ** 2, 0) / 2;
    expect((await step.run(batch)).loss).toBeCloseTo(crossentropy + penalty, 5);
    await step.dispose();
  },
);

describe("of a layer within another", () => {
  const activity_regularizer = { class_name: "L2", config: { l2: 1 } };
  const layer = { class_name: "SimpleRNN", config: { units: 2, activation: "linear", activity_regularizer } }; // prettier-ignore
  const dense = { class_name: "Dense", config: { units: 1, activity_regularizer } };
  const modelOf = (className: "Bidirectional" | "TimeDistributed" | "RNN", config: object) => {
    const net = functional("small");
    const x = net.input([1, 1]);
    const y = net.layer(className, config as never, x);
    return net.model(x, net.layer("Dense", { units: 1, name: "out" }, net.layer("Flatten", {}, y)));
  };
  const ones = (model: ModelConfig) =>
    new Map([...initialize(model, { seed: 1 })].map(([key, { shape, data }]) => [key, tensor("float32", [...shape], new Float32Array(data.length).fill(key.startsWith("out/") ? 0 : 1))])); // prettier-ignore
  const batch = { x: tensor("float32", [2, 1, 1], [2, 0]), y: tensor("float32", [2, 1], [0, 0]) };
  const options = { loss: meanSquaredError(), optimizer: sgd(), engine: "onnx" } as const;

  it("counts for both directions of Bidirectional", async () => {
    const model = modelOf("Bidirectional", { layer, merge_mode: "mul" });
    const step = await openTrainStep(model, ones(model), options);
    // Each direction gives 3, 3 and 1, 1: twice (2 · 9 + 2 · 1) / 2.
    expect((await step.run(batch)).loss).toBeCloseTo(20, 5);
    await step.dispose();
    await expect(openTrainStep(model, ones(model), { ...options, engine: "tfjs", device: "cpu" })).rejects.toMatchObject({ code: "unsupported" }); // prettier-ignore
  });

  it("counts for nothing in TimeDistributed, as Keras does not call the layer", async () => {
    const model = modelOf("TimeDistributed", { layer: dense });
    const step = await openTrainStep(model, ones(model), options);
    expect((await step.run(batch)).loss).toBeCloseTo(0, 5);
    await step.dispose();
  });

  it.each([
    ["TimeDistributed", { layer: modelWithin() }],
    ["RNN", { cell: { class_name: "GRUCell", config: { units: 1, activity_regularizer } } }],
  ] as const)("is refused within %s", async (className, config) => {
    const model = modelOf(className, config);
    await expect(openTrainStep(model, ones(model), options)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("activity_regularizer"),
    });
  });

  function modelWithin() {
    const net = functional("within");
    const x = net.input([1]);
    return net.model(x, net.layer("Dense", { units: 1, activity_regularizer }, x));
  }
});
