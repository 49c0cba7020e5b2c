// Gradients of several batches make one update, that of one batch which holds them all.
import { tensor, type Weights } from "@cajal/core";
import { dataset, digits, rescale } from "@cajal/datasets";
import { functional, type ModelConfig } from "@cajal/models";
import { initialize, openTrainStep, type EngineName } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import {
  accuracy,
  adam,
  findLearningRate,
  meanSquaredError,
  sgd,
  sparseCategoricalCrossentropy,
  train,
  type Checkpoint,
  type StepEvent,
  type TrainOptions,
} from "./index";

const engines: readonly EngineName[] = ["onnx", "tfjs"];

function small({ normalized = false, dropout = 0 } = {}): ModelConfig {
  const net = functional("small");
  const image = net.input([8, 8, 1]);
  let x = net.layer("Conv2D", { filters: 4, kernel_size: 3, kernel_regularizer: "l2" }, image);
  if (normalized) x = net.layer("BatchNormalization", {}, x);
  x = net.layer("ReLU", {}, x);
  x = net.layer("Flatten", {}, x);
  if (dropout) x = net.layer("Dropout", { rate: dropout }, x);
  x = net.layer("Dense", { units: 10, activation: "softmax" }, x);
  return net.model([image], [x]);
}

/** 150 digits: batches of 20, the last one of 10. */
const few = (batch: number) =>
  digits()
    .map(rescale(1 / 16))
    .take(150)
    .batch(batch);

describe.each(engines)("accumulated gradients on %s", (engine) => {
  const options = (more: Partial<TrainOptions> = {}): TrainOptions => ({
    epochs: 2,
    shuffle: false,
    loss: sparseCategoricalCrossentropy(),
    optimizer: adam({ learningRate: 0.01 }),
    metrics: [accuracy()],
    engine,
    ...more,
  });

  async function run(batch: number, more: Partial<TrainOptions> = {}, model = small()) {
    const steps: StepEvent[] = [];
    let weights: Weights = new Map();
    for await (const event of train(model, few(batch), options(more))) {
      if (event.type === "step") steps.push(event);
      if (event.type === "end") ({ weights } = event);
    }
    return { steps, weights };
  }

  it("make the update of one large batch", async () => {
    const one = await run(60);
    const many = await run(20, { accumulate: 3 });
    // 60, 60 and 30 examples an update, the last made of 20 and 10.
    expect(many.steps.map(({ examples }) => examples)).toEqual([60, 60, 30, 60, 60, 30]);
    expect(many.steps.map(({ batch }) => batch)).toEqual([0, 3, 6, 0, 3, 6]);
    expect(many.steps[0]!.stepsPerEpoch).toBe(3);
    many.steps.forEach(({ loss, metrics }, i) => {
      expect(loss).toBeCloseTo(one.steps[i]!.loss, 5);
      expect(metrics.accuracy).toBeCloseTo(one.steps[i]!.metrics.accuracy!, 5);
    });
    // Adam divides by the gradient's own size, which makes much of float32's last digits.
    for (const [key, { data }] of many.weights)
      data.forEach((w, i) => expect(w).toBeCloseTo(Number(one.weights.get(key)!.data[i]), 3));
  });

  it("are means over examples, summed by hand", async () => {
    // y = w x from w = 1, squared errors from 0: gradients 2 x²; mean of x² over all three is 14/3.
    const net = functional("line");
    const input = net.input([1]);
    const layer = net.layer("Dense", { units: 1, use_bias: false, name: "a" }, input);
    const model = net.model([input], [layer]);
    const one = new Map([["a/kernel", tensor("float32", [1, 1], [1])]]);
    const step = await openTrainStep(model, one, {
      loss: meanSquaredError(),
      optimizer: sgd({ learningRate: 0.03 }),
      engine,
    });
    const batch = (...x: number[]) => ({
      x: tensor("float32", [x.length, 1], x),
      y: tensor("float32", [x.length, 1]),
    });
    for (let i = 0; i < 2; i++) {
      // The second time w has become 0.72, and its square scales the loss.
      const { loss } = await step.run([batch(1, 2), batch(3)]);
      expect(loss).toBeCloseTo((14 / 3) * 0.72 ** (2 * i), 5);
      const [w] = (await step.weights()).get("a/kernel")!.data;
      expect(w).toBeCloseTo(0.72 ** (i + 1), 6);
    }
    expect(step.iteration).toBe(2);
    await expect(step.run([])).rejects.toMatchObject({ code: "bad-argument" });
    await step.dispose();
  });

  it("move the averages of batch normalization with every batch", async () => {
    const model = small({ normalized: true });
    const weights = initialize(model, { seed: 1 });
    const open = () =>
      openTrainStep(model, weights, { ...stepOptions, optimizer: sgd({ learningRate: 0 }) });
    const stepOptions = { loss: sparseCategoricalCrossentropy(), engine };
    const [a, b] = [await open(), await open()];
    const batches = [];
    for await (const batch of few(50).batches()) batches.push(batch);
    for (const batch of batches) await a.run(batch);
    await b.run(batches);
    const means = async (step: typeof a) =>
      Array.from((await step.weights()).get("batch_normalization/moving_mean")!.data, Number);
    expect((await means(b)).some((mean) => mean !== 0)).toBe(true);
    const expected = await means(a);
    (await means(b)).forEach((mean, i) => expect(mean).toBeCloseTo(expected[i]!, 6));

    // A batch that diverges after another: all is as before.
    const before = await b.weights();
    const [{ x, y }] = [batches[0]!];
    const bad = { x: { ...x, data: Float32Array.from(x.data, () => Infinity) }, y };
    await expect(b.run([batches[1]!, bad])).rejects.toMatchObject({ code: "diverged" });
    expect(await b.weights()).toEqual(before);
    await Promise.all([a.dispose(), b.dispose()]);
  });

  it("drop other elements in every batch, and the same ones when a step is repeated", async () => {
    const model = small({ dropout: 0.5 });
    const step = await openTrainStep(model, initialize(model, { seed: 1 }), {
      loss: sparseCategoricalCrossentropy(),
      optimizer: sgd({ learningRate: 0 }),
      engine,
    });
    const batch = await few(150).all();
    const [weights, state] = [await step.weights(), await step.state()];
    const { loss: singleLoss } = await step.run(batch);
    await step.restore(weights, state);
    const { loss: doubledLoss } = await step.run([batch, batch]);
    await step.restore(weights, state);
    expect((await step.run([batch, batch])).loss).toBe(doubledLoss);
    // The first of the two is as it is alone; were the other the same, so were their mean.
    expect(doubledLoss).not.toBe(singleLoss);
    await step.dispose();
  });

  it("resume to the same weights, bit for bit", async () => {
    const saved: Checkpoint[] = [];
    const accumulateOptions = { accumulate: 3, shuffle: true };
    const uninterrupted = await run(20, {
      ...accumulateOptions,
      checkpoint: { everySteps: 2, save: async (each) => void saved.push(each) },
    });
    expect(saved.map(({ position }) => [position.epoch, position.batch])).toEqual([
      [0, 6],
      [1, 3],
      [2, 0],
    ]);
    const resumed = await run(20, { ...accumulateOptions, resume: saved[0]! });
    expect(resumed.steps.length).toBe(4);
    expect(resumed.weights).toEqual(uninterrupted.weights);
  });
});

it("refuses to accumulate less than one batch", async () => {
  const data = dataset({ x: tensor("float32", [4, 8, 8, 1]), y: tensor("int32", [4]) }).batch(2);
  const settings = { loss: sparseCategoricalCrossentropy(), optimizer: sgd() };
  for (const accumulate of [0, 1.5])
    await expect(
      train(small(), data, { ...settings, epochs: 1, accumulate }).next(),
    ).rejects.toMatchObject({ code: "bad-argument" });
  const { points } = await findLearningRate(small(), few(20), {
    ...settings,
    accumulate: 4,
    steps: 6,
  });
  expect(points.length).toBe(6);
});
