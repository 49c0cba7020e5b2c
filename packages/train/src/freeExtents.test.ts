// Models that leave extents of their input free: each batch says what they are.
import { random, tensor, type Batch } from "@cajal/core";
import { functional, type ModelConfig } from "@cajal/models";
import { initialize, open, openTrainStep, type TrainStep } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { accuracy, adam, sparseCategoricalCrossentropy } from "./index";

type Net = ReturnType<typeof functional>;
type Value = ReturnType<Net["input"]>;

interface Case {
  /** Of an example, null where free. */
  readonly free: (number | null)[];
  /** Two shapes of examples that batches come in. */
  readonly shapes: readonly [number[], number[]];
  /** Of an example's labels, by the example's shape. */
  readonly labels?: (shape: number[]) => number[];
  body(net: Net, x: Value): Value;
}

const cases: Record<string, Case> = {
  "images of one channel": {
    free: [null, null, 1],
    shapes: [
      [20, 23, 1],
      [11, 16, 1],
    ],
    body(net, image) {
      let x = net.layer("Conv2D", { filters: 4, kernel_size: 3, strides: 2, padding: "same" }, image); // prettier-ignore
      x = net.layer("BatchNormalization", {}, x);
      x = net.layer("MaxPooling2D", { pool_size: 2 }, x);
      x = net.layer("DepthwiseConv2D", { kernel_size: 2 }, x);
      return net.layer("GlobalAveragePooling2D", {}, x);
    },
  },
  "a class for every pixel of smaller images": {
    free: [null, null, 3],
    shapes: [
      [9, 12, 3],
      [8, 8, 3],
    ],
    labels: ([height, width]) => [Math.ceil(height! / 2), Math.ceil(width! / 2)],
    body: (net, x) =>
      net.layer("Conv2D", { filters: 4, kernel_size: 3, strides: 2, padding: "same" }, x),
  },
  "steps of an LSTM": {
    free: [null, 3],
    shapes: [
      [5, 3],
      [7, 3],
    ],
    body: (net, x) => net.layer("LSTM", { units: 4 }, x),
  },
  "steps of a ConvLSTM2D, which needs to know them": {
    free: [null, 5, 5, 1],
    shapes: [
      [3, 5, 5, 1],
      [2, 5, 5, 1],
    ],
    body: (net, x) =>
      net.layer("Flatten", {}, net.layer("ConvLSTM2D", { filters: 2, kernel_size: 3 }, x)),
  },
};

function model({ body }: Case, shape: (number | null)[]): ModelConfig {
  const net = functional("m");
  const x = net.input(shape);
  return net.model([x], [net.layer("Dense", { units: 2, activation: "softmax" }, body(net, x))]);
}

function batchOf({ labels = () => [] }: Case, example: number[], seed: number): Batch {
  const numbers = random(seed, "batch");
  const fill = (shape: number[], value: () => number) =>
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value);
  const x = [3, ...example];
  const y = [3, ...labels(example)];
  return {
    x: tensor(
      "float32",
      x,
      fill(x, () => numbers.normal()),
    ),
    y: tensor(
      "int32",
      y,
      fill(y, () => Math.round(numbers.float())),
    ),
  };
}

describe.each(["onnx", "tfjs"] as const)("engine %s trains with free extents", (engine) => {
  const openStep = (config: ModelConfig) =>
    openTrainStep(config, initialize(config, { seed: 1 }), {
      loss: sparseCategoricalCrossentropy(),
      optimizer: adam({ learningRate: 0.01 }),
      metrics: [accuracy()],
      engine,
      ...(engine === "tfjs" && { device: "cpu" }),
    });

  it.each(Object.entries(cases))("%s", async (_, each) => {
    const freeStep = await openStep(model(each, each.free));
    const fixedSteps = await Promise.all(each.shapes.map((shape) => openStep(model(each, shape))));
    let last: TrainStep | undefined;
    for (const [i, shapeIndex] of [0, 0, 1, 0].entries()) {
      const batch = batchOf(each, each.shapes[shapeIndex]!, i);
      const fixedStep = fixedSteps[shapeIndex]!;
      // The model of the same extents, fixed, goes on from where the other stands.
      if (last && last !== fixedStep)
        await fixedStep.restore(await last.weights(), await last.state());
      expect(await freeStep.run(batch)).toEqual(await fixedStep.run(batch));
      expect(await freeStep.evaluate(batch)).toEqual(await fixedStep.evaluate(batch));
      last = fixedStep;
    }
    expect(await freeStep.weights()).toEqual(await last!.weights());
    expect(await freeStep.state()).toEqual(await last!.state());
    for (const step of [freeStep, ...fixedSteps]) await step.dispose();
  });
});

it("adds up batches of several extents from the first step on", async () => {
  const each = cases["images of one channel"]!;
  const config = model(each, each.free);
  const start = initialize(config, { seed: 1 });
  const step = await openTrainStep(config, start, {
    loss: sparseCategoricalCrossentropy(),
    optimizer: adam({ learningRate: 0.01 }),
  });
  // Nothing is known of the extents yet; what was given comes back.
  expect(await step.weights()).toEqual(start);
  const batches = each.shapes.map((shape, i) => batchOf(each, shape, i));
  const before = [];
  for (const batch of batches) before.push((await step.evaluate(batch)).loss);
  for (let i = 0; i < 30; i++) await step.run(batches);
  const after = [];
  for (const batch of batches) after.push((await step.evaluate(batch)).loss);
  expect(after[0]! + after[1]!).toBeLessThan(before[0]! + before[1]!);
  await step.dispose();
});

it("predicts with images of one channel and free extents", async () => {
  const each = cases["images of one channel"]!;
  const weights = initialize(model(each, each.free), { seed: 1 });
  const { x } = batchOf(each, each.shapes[0], 1);
  const results = [];
  for (const shape of [each.free, each.shapes[0]]) {
    const session = await open(model(each, shape), weights);
    results.push(await session.predict(x));
    await session.dispose();
  }
  expect(results[0]).toEqual(results[1]);
});
