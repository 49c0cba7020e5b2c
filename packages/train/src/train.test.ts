import { isCajalError, tensor, type Weights } from "@cajal/core";
import { dataset, digits, rescale } from "@cajal/datasets";
import { functional, lenet5, type ModelConfig } from "@cajal/models";
import { initialize, openTrainStep, type EngineName, type StepResult } from "@cajal/runtime";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import {
  accuracy,
  adam,
  meanSquaredError,
  sgd,
  sparseCategoricalCrossentropy,
  train,
  type Checkpoint,
  type EpochEvent,
  type TrainOptions,
} from "./index";

const engines: readonly EngineName[] = ["onnx", "tfjs"];

/** 320 digits in batches of 64, of which the last is smaller: 4 of 64 and one of 44. */
const few = () =>
  digits()
    .map(rescale(1 / 16))
    .take(300)
    .batch(64);

/** A convolution with batch normalization and dropout: all that a step may stumble over, and quick. */
function small(): ModelConfig {
  const net = functional("small");
  const image = net.input([8, 8, 1]);
  let x = net.layer("Conv2D", { filters: 4, kernel_size: 3, strides: 2 }, image);
  x = net.layer("BatchNormalization", {}, x);
  x = net.layer("ReLU", {}, x);
  x = net.layer("Flatten", {}, x);
  x = net.layer("Dropout", { rate: 0.25 }, x);
  x = net.layer("Dense", { units: 10, activation: "softmax" }, x);
  return net.model([image], [x]);
}

const stepOptions = (engine: EngineName) => ({
  loss: sparseCategoricalCrossentropy(),
  optimizer: adam({ learningRate: 0.01 }),
  metrics: [accuracy()],
  seed: 7,
  engine,
});

const options = (engine: EngineName): TrainOptions => ({ ...stepOptions(engine), epochs: 2 });

async function run(engine: EngineName, more: Partial<TrainOptions> = {}) {
  const steps: StepResult[] = [];
  const epochs: EpochEvent[] = [];
  let weights: Weights | undefined;
  for await (const event of train(small(), few(), { ...options(engine), ...more })) {
    if (event.type === "step") steps.push(event);
    if (event.type === "epoch") epochs.push(event);
    if (event.type === "end") ({ weights } = event);
  }
  return { steps, epochs, weights: weights! };
}

const bits = (weights: Weights) =>
  Object.fromEntries([...weights].map(([key, { data }]) => [key, Buffer.from(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)).toString("base64")])); // prettier-ignore

describe.each(engines)("training on %s", (engine) => {
  it("learns digits", async () => {
    // As far as a few seconds go: pure JavaScript is slow.
    const { epochs, atLeast } = {
      onnx: { epochs: 10, atLeast: 0.96 },
      tfjs: { epochs: 2, atLeast: 0.8 },
    }[engine];
    const model = lenet5({
      input_shape: [8, 8, 1],
      kernel_size: 3,
      padding: ["same", "same"],
      classifier_activation: "softmax",
    });
    const [training, validation] = digits()
      .map(rescale(1 / 16))
      .batch(32)
      .split(0.8, { seed: 1, stratify: true });
    let last: EpochEvent | undefined;
    for await (const event of train(model, training, {
      ...options(engine),
      epochs,
      optimizer: adam({ learningRate: 0.003 }),
      validation,
    }))
      if (event.type === "epoch") last = event;
    expect(last!.epoch).toBe(epochs - 1);
    expect(last!.validation!.metrics.accuracy).toBeGreaterThan(atLeast);
  });

  it("gives the same weights for the same seed, and others for another", async () => {
    const [a, b, c] = [await run(engine), await run(engine), await run(engine, { seed: 8 })];
    expect(bits(a.weights)).toEqual(bits(b.weights));
    expect(bits(a.weights)).not.toEqual(bits(c.weights));
    expect(a.steps.map(({ loss }) => loss)).toEqual(b.steps.map(({ loss }) => loss));
  });

  it("goes on from a checkpoint to the same weights, bit for bit", async () => {
    const saved: Checkpoint[] = [];
    const uninterrupted = await run(engine, {
      checkpoint: { everySteps: 3, save: async (each) => void saved.push(each) },
    });
    expect(saved.map(({ position }) => [position.epoch, position.batch])).toEqual([
      [0, 3],
      [1, 1],
      [1, 4],
    ]);
    for (const resume of saved) {
      const { steps, epochs, weights } = await run(engine, { resume, seed: undefined });
      expect(steps.length).toBe(10 - resume.position.step);
      expect(bits(weights)).toEqual(bits(uninterrupted.weights));
      expect(epochs.at(-1)!.loss).toBe(uninterrupted.epochs.at(-1)!.loss);
    }
  });

  it("means over an epoch weigh each example alike", async () => {
    const { steps, epochs } = await run(engine);
    const sizes = [64, 64, 64, 64, 44];
    const mean = sizes.reduce((sum, n, i) => sum + (n * steps[i]!.loss) / 300, 0);
    expect(epochs[0]!.loss).toBeCloseTo(mean, 10);
  });

  it("evaluates in inference mode and changes nothing", async () => {
    const weights = initialize(small(), { seed: 1 });
    const step = await openTrainStep(small(), weights, stepOptions(engine));
    const batch = await few().all();
    const [first, second] = [await step.evaluate(batch), await step.evaluate(batch)];
    expect(first).toEqual(second);
    expect(bits(await step.weights())).toEqual(bits(weights));
    expect(step.iteration).toBe(0);
    await step.dispose();
  });

  it("drops other elements in every step, and the same ones when a step is repeated", async () => {
    const step = await openTrainStep(small(), initialize(small(), { seed: 1 }), {
      ...stepOptions(engine),
      optimizer: sgd({ learningRate: 0 }),
    });
    const batch = await few().all();
    const [weights, state] = [await step.weights(), await step.state()];
    const losses = async () => [(await step.run(batch)).loss, (await step.run(batch)).loss];
    const [first, second] = await losses();
    expect(first).not.toBe(second);
    await step.restore(weights, state);
    expect(await losses()).toEqual([first, second]);
    await step.dispose();
  });

  it("keeps the event loop alive", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const { steps } = await run(engine);
    clearInterval(timer);
    expect(ticks).toBeGreaterThanOrEqual(steps.length - 1);
  });

  it("stops when it is aborted", async () => {
    const controller = new AbortController();
    let steps = 0;
    const running = (async () => {
      const settings = { ...options(engine), epochs: 1000, signal: controller.signal };
      for await (const event of train(small(), few(), settings))
        if (event.type === "step" && ++steps === 3) controller.abort(new Error("enough"));
    })();
    await expect(running).rejects.toThrow("enough");
    expect(steps).toBe(3);
  });

  it("leaves frozen layers as they are, batch normalization's averages included", async () => {
    const frozen = ["conv2d", "batch_normalization"];
    const weights = initialize(small(), { seed: 7 });
    const { weights: after } = await run(engine, { frozen, weights });
    const changed = [...weights.keys()].filter((key) => bits(weights)[key] !== bits(after)[key]);
    expect(changed).toEqual(["dense/kernel", "dense/bias"]);
  });

  it("scales learning rates by layer", async () => {
    const weights = initialize(small(), { seed: 7 });
    const { weights: after } = await run(engine, {
      weights,
      learningRateMultipliers: { dense: 0 },
    });
    expect(bits(after)["dense/kernel"]).toBe(bits(weights)["dense/kernel"]);
    expect(bits(after)["conv2d/kernel"]).not.toBe(bits(weights)["conv2d/kernel"]);
  });

  it("stops at a NaN in the data, naming step and tensor", async () => {
    const { x, y } = await few().all();
    const withNaN = Float32Array.from(x.data as Float32Array);
    withNaN[100 * 64] = Number.NaN;
    const data = dataset({ x: tensor("float32", x.shape, withNaN), y }).batch(50);
    const error = await failure(engine, data, { shuffle: false });
    expect(error.code).toBe("diverged");
    expect(error.facts).toMatchObject({ step: 3, tensor: "batch x", index: 0 });
  });

  it("stops when it diverges, naming the first tensor that went bad", async () => {
    const net = functional("line");
    const x = net.input([1]);
    const hidden = net.layer("Dense", { units: 1, use_bias: false, name: "a" }, x);
    const model = net.model(
      [x],
      [net.layer("Dense", { units: 1, use_bias: false, name: "b" }, hidden)],
    );
    const one = tensor("float32", [1, 1], [1]);
    const weights = new Map([
      ["a/kernel", one],
      ["b/kernel", one],
    ]);
    const step = await openTrainStep(model, weights, {
      loss: meanSquaredError(),
      optimizer: sgd({ learningRate: 1e18 }),
      engine,
    });
    const batch = { x: one, y: tensor("float32", [1, 1], [0]) };
    // Both weights become 1 − 2e18: the second loss is 1.6e73, beyond float32 (3.4e38).
    expect((await step.run(batch)).loss).toBe(1);
    await expect(step.run(batch)).rejects.toMatchObject({
      code: "diverged",
      facts: { step: 2, tensor: "the loss", value: Infinity },
    });
    // 1e30 · 1e30 is too much for the output already.
    await step.restore(
      new Map([
        ["a/kernel", tensor("float32", [1, 1], [1e30])],
        ["b/kernel", tensor("float32", [1, 1], [1e30])],
      ]),
      await step.state(),
    );
    await expect(step.run(batch)).rejects.toMatchObject({
      facts: { step: 2, tensor: 'the output of layer "b"' },
    });
    await step.dispose();
  });

  it("keeps the weights of before a step that diverged", async () => {
    const weights = initialize(small(), { seed: 1 });
    const step = await openTrainStep(small(), weights, stepOptions(engine));
    const { x, y } = await few().all();
    const bad = { x: { ...x, data: Float32Array.from(x.data as Float32Array).fill(Infinity) }, y };
    await expect(step.run(bad)).rejects.toMatchObject({ code: "diverged" });
    expect(bits(await step.weights())).toEqual(bits(weights));
    expect(step.iteration).toBe(0);
    expect((await step.run({ x, y })).loss).toBeGreaterThan(0);
    await step.dispose();
  });

  it("adds the regularizers of layers to the loss, and applies constraints", async () => {
    const net = functional("line");
    const x = net.input([2]);
    const config = {
      units: 1,
      use_bias: false,
      kernel_regularizer: { class_name: "L1L2", config: { l1: 0.1, l2: 0.01 } },
      kernel_constraint: { class_name: "MaxNorm", config: { max_value: 1, axis: 0 } },
    };
    const model = net.model([x], [net.layer("Dense", config, x)]);
    const weights = new Map([["dense/kernel", tensor("float32", [2, 1], [3, -4])]]);
    const step = await openTrainStep(model, weights, {
      loss: meanSquaredError(),
      optimizer: sgd({ learningRate: 0.1 }),
      engine,
    });
    const batch = {
      x: tensor("float32", [1, 2], [1, 1]),
      y: tensor("float32", [1, 1], [0]),
    };
    // (3 − 4)² + 0.1 (3 + 4) + 0.01 (9 + 16) = 1.95
    expect((await step.run(batch)).loss).toBeCloseTo(1.95, 6);
    // Gradient: 2·(−1)·x + 0.1 sign(w) + 0.02 w = (−1.84, −2.18); then scaled to a norm of 1.
    const [a, b] = [3 + 0.184, -4 + 0.218];
    const kernel = (await step.weights()).get("dense/kernel")!;
    expect(kernel.data[0]).toBeCloseTo(a / Math.hypot(a, b), 5);
    expect(kernel.data[1]).toBeCloseTo(b / Math.hypot(a, b), 5);
    await step.dispose();
  });
});

async function failure(
  engine: EngineName,
  data: ReturnType<typeof few>,
  more: Partial<TrainOptions>,
) {
  try {
    for await (const event of train(small(), data, { ...options(engine), epochs: 50, ...more }))
      void event;
  } catch (error) {
    if (isCajalError(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

it("gives the same losses on both engines for 16 steps", async () => {
  const model = lenet5({ input_shape: [8, 8, 1], kernel_size: 3, padding: ["same", "same"] });
  const weights = initialize(model, { seed: 3 });
  const losses = await Promise.all(
    engines.map(async (engine) => {
      const values: number[] = [];
      for await (const event of train(model, few(), {
        ...options(engine),
        loss: sparseCategoricalCrossentropy({ fromLogits: true }),
        optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
        epochs: 4,
        weights,
      }))
        if (event.type === "step") values.push(event.loss);
      return values.slice(0, 16);
    }),
  );
  expect(losses[0]!.length).toBe(16);
  // As the reference runs' own tolerance: a sum in another order, and ReLU's corner.
  losses[0]!.forEach((loss, i) => expect(Math.abs(loss - losses[1]![i]!)).toBeLessThan(1e-4));
});

it("gives the weights of an epoch until training goes on", async () => {
  const net = functional("line");
  const x = net.input([1]);
  const line = net.model([x], [net.layer("Dense", { units: 1, name: "a" }, x)]);
  const examples = { x: [[1], [2], [3], [4]], y: [[2], [4], [6], [8]] };
  const late = {
    code: "disposed",
    message: expect.stringMatching(/too late.* in the loop, before it continues.*"end" event/),
  };
  const epochs: { weights(): Promise<Weights>; state(): Promise<unknown> }[] = [];
  const copies: Promise<Weights>[] = [];
  const saved: Weights[] = [];
  const checkpoint = {
    save: async ({ weights }: { weights: Weights }) => void saved.push(weights),
  };
  for await (const event of train(line, examples, {
    epochs: 3,
    batchSize: 2,
    loss: "mse",
    optimizer: "sgd",
    checkpoint,
  })) {
    // prettier-ignore
    if (event.type === "epoch") {
      epochs.push(event);
      // Asked for before the loop continues, it may be read after.
      copies.push(event.weights());
    }
    // Nothing has been trained since.
    if (event.type === "checkpoint") expect(await epochs.at(-1)!.weights()).toEqual(saved.at(-1));
    if (event.type === "step" && epochs.length > 0) {
      await expect(epochs[0]!.weights()).rejects.toMatchObject(late);
      await expect(epochs[0]!.state()).rejects.toMatchObject(late);
    }
    if (event.type === "end") expect(event.weights).toEqual(saved.at(-1));
  }
  expect(await Promise.all(copies)).toEqual(saved);
  await expect(epochs[2]!.weights()).rejects.toMatchObject(late);
});

it("frees all memory when the loop is left", async () => {
  const leaveLoop = async () => {
    for await (const event of train(small(), few(), options("tfjs")))
      if (event.type === "step" && event.step === 3) break;
  };
  await leaveLoop();
  const before = tf.memory().numTensors;
  await leaveLoop();
  expect(tf.memory().numTensors).toBe(before);
});

it("leaves what it was given as it was, and memory flat over 2,000 steps", async () => {
  const weights = initialize(small(), { seed: 1 });
  const batch = await few().take(16).all();
  const before = { weights: bits(weights), x: batch.x.data.slice() };
  const step = await openTrainStep(small(), weights, stepOptions("onnx"));
  for (let i = 0; i < 200; i++) await step.run(batch);
  global.gc?.();
  const start = process.memoryUsage().rss;
  for (let i = 0; i < 2000; i++) await step.run(batch);
  const growthMb = (process.memoryUsage().rss - start) / 2 ** 20;
  await step.dispose();
  expect(bits(weights)).toEqual(before.weights);
  expect(batch.x.data).toEqual(before.x);
  // A leak of one batch's activations a step would be 40 MB; the collector's own sway is some MB.
  expect(growthMb).toBeLessThan(30);
});

it("refuses unknown options, other data and other seeds at resuming", async () => {
  const code = async (more: object) => {
    try {
      await run("onnx", more);
    } catch (error) {
      return isCajalError(error) ? error.code : error;
    }
    return "nothing";
  };
  expect(await code({ epoch: 3 })).toBe("unknown-option");
  expect(await code({ epochs: -1 })).toBe("bad-argument");
  expect(await code({ frozen: ["conv2d_9"] })).toBe("unknown-name");
  expect(await code({ engine: "onxx" })).toBe("unknown-name");
  let resume: Checkpoint | undefined;
  await run("onnx", {
    epochs: 1,
    checkpoint: { save: async (each) => void (resume = each) },
  });
  expect(await code({ resume, seed: 9 })).toBe("bad-argument");
  expect(await code({ resume, batchSize: 32 })).toBe("bad-argument");
  expect(await code({ resume, optimizer: sgd() })).toBe("bad-argument");
});

it("says that TF.js' wasm cannot train convolutions", async () => {
  const opened = openTrainStep(small(), initialize(small(), { seed: 1 }), {
    ...stepOptions("tfjs"),
    device: "wasm",
  });
  await expect(opened).rejects.toMatchObject({ code: "unsupported" });
});
