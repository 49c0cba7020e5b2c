// A batch in parts, each on a thread, gives what it gives as a whole.
import { random, sizeOf, tensor, type CajalError, type NamedBatch, type Tensor } from "@cajal/core";
import { functional, lenet5, toOnnx, type ModelConfig } from "@cajal/models";
import { initialize, openTrainStep, type Loss, type Metric, type TrainStep, type TrainStepOptions } from "@cajal/runtime"; // prettier-ignore
import { Worker } from "node:worker_threads";
import { describe, expect, it, vi } from "vitest";
import { accuracy, adam, auc, binaryCrossentropy, dice, meanAbsoluteError, meanSquaredError, muon, sgd, sparseCategoricalCrossentropy } from "./index"; // prettier-ignore

/** How many parts a step's batches may have; "1", and undefined where no number of threads would: they are computed as a whole. */
const partsOf = (step: TrainStep) => step.formulations()["a batch in parts, at most"];

const generator = random(5, "parts");
function drawn(shape: readonly number[]): Tensor<"float32"> {
  const values = tensor("float32", shape);
  values.data.forEach((_, i) => (values.data[i] = generator.float()));
  return values;
}
const whole = (shape: readonly number[], n: number) =>
  tensor(
    "int32",
    shape,
    Array.from({ length: sizeOf(shape) }, () => generator.integer(n)),
  );

const digit = (examples: number): NamedBatch => ({
  x: drawn([examples, 28, 28, 1]),
  y: whole([examples], 10),
});
const ofDigits = { loss: sparseCategoricalCrossentropy({ fromLogits: true }), optimizer: adam() };
const logits = lenet5({ classifier_activation: null });

/** Recurrent layers over 40 steps, with an output of each step and one of the last. */
function recurrent(): ModelConfig {
  const net = functional("recurrent");
  const x = net.input([40, 8]);
  const steps = net.layer("LSTM", { units: 40, return_sequences: true }, x);
  const dense = { class_name: "Dense", config: { units: 4, activation: "softmax" } };
  const each = net.layer("TimeDistributed", { layer: dense, name: "each" }, steps);
  const both = net.layer("Bidirectional", { layer: { class_name: "GRU", config: { units: 24 } } }, steps); // prettier-ignore
  const last = net.layer("Dense", { units: 1, activation: "sigmoid", kernel_regularizer: "l2", name: "last" }, both); // prettier-ignore
  return net.model([x], [each, last]);
}

/** Words with a mask, attention, a normalization of each example; added, joined, cut. */
function attentive(): ModelConfig {
  const net = functional("attentive");
  const words = net.input([48], { dtype: "int32" });
  let x = net.layer("Embedding", { input_dim: 50, output_dim: 32, mask_zero: true }, words);
  const attended = net.layer("MultiHeadAttention", { num_heads: 4, key_dim: 8 }, [x, x]);
  x = net.layer("LayerNormalization", {}, net.layer("Add", {}, [x, attended]));
  const convolved = net.layer("Conv1D", { filters: 64, kernel_size: 5, padding: "same", activation: "gelu" }, x); // prettier-ignore
  const inner = net.layer("Cropping1D", { cropping: [1, 1] }, convolved);
  const joined = net.layer("Concatenate", {}, [
    net.layer("GlobalMaxPooling1D", {}, convolved),
    net.layer("GlobalAveragePooling1D", {}, inner),
  ]);
  return net.model([words], [net.layer("Dense", { units: 3 }, joined)]);
}

/** A picture made again, smaller and larger on the way. */
function autoencoder(): ModelConfig {
  const net = functional("autoencoder");
  const image = net.input([24, 24, 1]);
  const conv = { kernel_size: 3, padding: "same", activation: "relu" } as const;
  let x = net.layer("Conv2D", { ...conv, filters: 8 }, image);
  x = net.layer("Conv2D", { ...conv, filters: 16 }, net.layer("MaxPooling2D", {}, x));
  x = net.layer("Conv2DTranspose", { ...conv, filters: 8, strides: 2 }, x);
  x = net.layer("AveragePooling2D", {}, net.layer("UpSampling2D", {}, x));
  x = net.layer("DepthwiseConv2D", { ...conv, depthwise_constraint: "NonNeg" }, x);
  return net.model([image], [net.layer("Conv2D", { ...conv, filters: 1 }, x)]);
}

type Case = readonly [
  name: string,
  model: ModelConfig,
  options: Omit<TrainStepOptions, "threads">,
  batch: (examples: number) => NamedBatch,
];

const cases: readonly Case[] = [
  ["LeNet-5, with its metrics", logits, { ...ofDigits, metrics: [accuracy()] }, digit],
  [
    "weights of examples, clipped gradients, a frozen layer",
    logits,
    { ...ofDigits, optimizer: sgd({ learningRate: 0.05, momentum: 0.9, globalClipNorm: 0.5 }), frozen: ["conv1"] }, // prettier-ignore
    (examples) => ({ ...digit(examples), weight: drawn([examples]) }),
  ],
  [
    "recurrent layers, two outputs, a regularizer",
    recurrent(),
    {
      loss: { each: sparseCategoricalCrossentropy(), last: binaryCrossentropy() },
      lossWeights: { last: 0.5 },
      metrics: { last: [auc()], each: [accuracy()] },
      optimizer: adam({ clipValue: 0.01 }),
    },
    (examples) => ({
      x: drawn([examples, 40, 8]),
      y: { each: whole([examples, 40], 4), last: whole([examples, 1], 2) },
    }),
  ],
  [
    "words, attention, normalizations of examples",
    attentive(),
    { ...ofDigits, optimizer: muon(), metrics: [accuracy()] },
    (examples) => ({ x: whole([examples, 48], 50), y: whole([examples], 3) }),
  ],
  [
    "an autoencoder, a constraint",
    autoencoder(),
    { loss: meanSquaredError(), metrics: [meanAbsoluteError()], optimizer: adam() },
    (examples) => {
      const x = drawn([examples, 24, 24, 1]);
      return { x, y: x };
    },
  ],
];

describe("in parts as in a whole", () => {
  it.each(cases)("%s", async (_, model, options, batchOf) => {
    const weights = initialize(model, { seed: 3 });
    const open = (more: Partial<TrainStepOptions>) => openTrainStep(model, weights, { ...options, ...more }); // prettier-ignore
    const whole = await open({ threads: 1 });
    // 83 are 28, 28 and 27.
    const several = await open({ threads: 3 });
    for (const examples of [96, 96, 83, 5]) {
      const batch = batchOf(examples);
      const [expected, got] = [await whole.run(batch), await several.run(batch)];
      expect(got.loss).toBeCloseTo(expected.loss, 5);
      for (const [name, value] of Object.entries(expected.metrics))
        expect(got.metrics[name], name).toBeCloseTo(value, 5);
    }
    expect([partsOf(whole), partsOf(several)]).toEqual(["1", "3"]);
    for (const [what, expected, got] of [
      ["weights", await whole.weights(), await several.weights()],
      ["state", await whole.state(), await several.state()],
    ] as const) {
      expect([...got.keys()]).toEqual([...expected.keys()]);
      for (const [key, { data }] of expected)
        expect(furthest(got.get(key)!.data, data), `${what} "${key}"`).toBeLessThan(2e-4);
    }
    await whole.dispose();
    await several.dispose();
  });
});

const furthest = (a: Tensor["data"], b: Tensor["data"]) =>
  Math.max(...Array.from(a as Float32Array, (x, i) => Math.abs(Number(x) - Number(b[i]))));

describe("as a whole", () => {
  /** Parts of a step on LeNet-5 with another layer behind its second convolution, or another loss. */
  async function partsWith(
    change: (net: ReturnType<typeof functional>, x: ReturnType<ReturnType<typeof functional>["input"]>) => typeof x, // prettier-ignore
    options: Partial<TrainStepOptions> = {},
  ) {
    const net = functional("changed");
    const image = net.input([28, 28, 1]);
    const x = net.layer("Conv2D", { filters: 6, kernel_size: 5 }, image);
    const changed = net.layer("GlobalAveragePooling2D", {}, change(net, net.layer("Conv2D", { filters: 16, kernel_size: 5 }, x))); // prettier-ignore
    const model = net.model([image], [net.layer("Dense", { units: 10 }, changed)]);
    const step = await openTrainStep(model, initialize(model, { seed: 3 }), { ...ofDigits, threads: 2, ...options }); // prettier-ignore
    await step.run(digit(64));
    await step.dispose();
    return partsOf(step);
  }
  const same = (_: unknown, x: never): never => x;

  it("is what has a loss of its own for each example in parts", async () => {
    expect(await partsWith(same as never)).toBe("2");
    expect(await partsWith((net, x) => net.layer("LayerNormalization", {}, x))).toBe("2");
  });

  it("are statistics of the batch", async () => {
    expect(await partsWith((net, x) => net.layer("BatchNormalization", {}, x))).toBeUndefined();
  });

  it("but not where they are averages", async () => {
    const inferenceMode = ["normalization"];
    expect(await partsWith((net, x) => net.layer("BatchNormalization", { name: "normalization" }, x), { inferenceMode })).toBe("2"); // prettier-ignore
  });

  it("are layers along the axis of examples", async () => {
    expect(await partsWith((net, x) => net.layer("Softmax", { axis: 0 }, x))).toBeUndefined();
  });

  it("are penalties of activations", async () => {
    expect(await partsWith((net, x) => net.layer("ActivityRegularization", { l2: 0.01 }, x))).toBeUndefined(); // prettier-ignore
  });

  it("are losses of all examples together", async () => {
    const { compute } = meanSquaredError();
    const centred: Loss = {
      name: "centred",
      compute: (ops, yTrue, yPred) => compute(ops, yTrue, ops.sub(yPred, ops.reduceMean(yPred, { axes: [0], keepDims: true }))), // prettier-ignore
    };
    const shared: Loss = {
      name: "shared",
      compute: (ops, yTrue, yPred) => ops.div(ops.reduceSum(ops.abs(ops.sub(yPred, yTrue)), { axes: [-1] }), ops.extent(yPred, 0)!), // prettier-ignore
    };
    const alike: Loss = {
      name: "alike",
      compute: (ops, _, yPred) => ops.reduceMean(ops.matMul(yPred, ops.transpose(yPred)), { axes: [-1] }), // prettier-ignore
    };
    for (const loss of [centred, shared, alike, dice({ axis: [0, 1] })]) {
      const model = lenet5({ classifier_activation: "sigmoid" });
      const step = await openTrainStep(model, initialize(model, { seed: 3 }), { loss, optimizer: sgd({ learningRate: 0.01 }), threads: 2 }); // prettier-ignore
      await step.run({ x: drawn([64, 28, 28, 1]), y: drawn([64, 10]) });
      expect(partsOf(step)).toBeUndefined();
      await step.dispose();
    }
  });

  it("are metrics of all examples together", async () => {
    const furthest: Metric = {
      name: "furthest",
      compute: (ops, _, yPred) => ops.reduceMax(ops.abs(yPred)),
    };
    expect(await partsWith(same as never, { metrics: [furthest] })).toBeUndefined();
  });

  it("is what is to be the same on every machine, or was so before", async () => {
    expect(await partsWith(same as never, { deterministic: true })).toBe("1");
    const formulations = { "a batch in parts, at most": "1" };
    expect(await partsWith(same as never, { formulations })).toBe("1");
    const earlier = { "a batch in parts, at most": "2" };
    expect(await partsWith(same as never, { formulations: earlier, threads: 4 })).toBe("2");
    const damaged = { "a batch in parts, at most": "0x999" };
    expect(await partsWith(same as never, { formulations: damaged })).toBe("2");
  });
});

describe("a step in parts", () => {
  const opened = (options: Partial<TrainStepOptions> = {}) =>
    openTrainStep(logits, initialize(logits, { seed: 3 }), { ...ofDigits, threads: 2, ...options });

  it("draws dropout by the seed, in each part other numbers", async () => {
    const net = functional("dropped");
    const image = net.input([28, 28, 1]);
    const x = net.layer("Conv2D", { filters: 64, kernel_size: 5 }, image);
    const flat = net.layer("GlobalAveragePooling2D", {}, x);
    const dropped = net.layer("Dropout", { rate: 0.5 }, flat);
    const model = net.model([image], [net.layer("Dense", { units: 10 }, dropped)]);
    // Two halves that are the same would have losses that are, too.
    const half = digit(16);
    const both = (part: Tensor) => tensor(part.dtype as "float32", [2 * part.shape[0]!, ...part.shape.slice(1)], [...(part.data as Float32Array), ...(part.data as Float32Array)]); // prettier-ignore
    const batch = { x: both(half.x as Tensor), y: both(half.y as Tensor) };
    const losses = async (seed: number, given = batch) => {
      const step = await openTrainStep(model, initialize(model, { seed: 3 }), { ...ofDigits, threads: 2, seed }); // prettier-ignore
      const { loss } = await step.run(given);
      const second = (await step.run(given)).loss;
      expect(partsOf(step)).toBe("2");
      await step.dispose();
      return [loss, second];
    };
    expect(await losses(1)).toEqual(await losses(1));
    expect(await losses(1)).not.toEqual(await losses(2));
    // Without dropout the means of halves are those of the whole; of one mask for both halves they would be, too.
    const single = await openTrainStep(model, initialize(model, { seed: 3 }), { ...ofDigits, threads: 1, seed: 1 }); // prettier-ignore
    expect((await single.run(half as never)).loss).not.toBeCloseTo((await losses(1))[0]!, 5);
    await single.dispose();
  });

  it("reads the weights that were restored, on all threads", async () => {
    const batch = digit(64);
    const step = await opened();
    const first = await step.run(batch);
    const [weights, state] = [await step.weights(), await step.state()];
    const second = await step.run(batch);
    await step.restore(weights, state);
    expect(await step.run(batch)).toEqual(second);
    expect(second.loss).not.toBe(first.loss);
    await step.dispose();
  });

  it("reads what another step has made of the weights that they share", async () => {
    const batch = digit(64);
    const run = async (threads: number) => {
      const step = await opened({ threads, frozen: ["conv1"] });
      const other = await openTrainStep(logits, new Map(), {
        ...ofDigits,
        optimizer: sgd({ learningRate: 0.5 }),
        shareWeightsWith: step,
      });
      const losses = [];
      for (let i = 0; i < 3; i++) {
        losses.push((await step.run(batch)).loss, (await other.run(batch)).loss);
      }
      expect(partsOf(step)).toBe(String(threads));
      await other.dispose();
      await step.dispose();
      return losses;
    };
    const [whole, parts] = [await run(1), await run(2)];
    parts.forEach((loss, i) => expect(loss).toBeCloseTo(whole[i]!, 4));
  });

  it("runs on a worker thread, several steps at once, and counts its parts as one batch", async () => {
    const batches = [digit(64), digit(64), digit(64)];
    const [step, onWorker] = [await opened(), await opened({ worker: true })];
    const results = [];
    for (const batch of batches) results.push(await step.run(batch));
    expect(await onWorker.runSteps(batches)).toEqual(results);
    expect(results[0]!.totals["loss"]![1]).toBe(64);
    expect(partsOf(onWorker)).toBe("2");
    expect(await onWorker.evaluate(batches[0]!)).toEqual(await step.evaluate(batches[0]!));
    await step.dispose();
    await onWorker.dispose();
  });

  it("sums gradients over batches as a whole", async () => {
    const batches = [digit(64), digit(64)];
    const [step, single] = [await opened(), await opened({ threads: 1 })];
    for (const each of [step, single]) await each.run(batches[0]!);
    expect((await step.run(batches)).loss).toBeCloseTo((await single.run(batches)).loss, 5);
    expect((await step.run(batches[1]!)).loss).toBeCloseTo((await single.run(batches[1]!)).loss, 5);
    await step.dispose();
    await single.dispose();
  });

  it("changes nothing where a part diverges, and says where", async () => {
    const step = await opened({ optimizer: sgd({ learningRate: 0.01 }) });
    const batch = digit(64);
    await step.run(batch);
    const before = await step.weights();
    const broken = { ...batch, x: tensor("float32", [64, 28, 28, 1], [...((batch.x as Tensor).data as Float32Array)]) }; // prettier-ignore
    broken.x.data[64 * 28 * 28 - 1] = Infinity;
    const failure = await step.run(broken).catch((error: CajalError) => error);
    expect(failure).toMatchObject({ code: "diverged", message: expect.stringContaining("x") });
    // Of weights that are as large the products overflow.
    const weights = new Map([...before].map(([key, { shape, data }]) => [key, tensor("float32", shape, (data as Float32Array).map((x) => x * 1e20))])); // prettier-ignore
    await step.restore(weights, await step.state());
    const overflow = await step.run(batch).catch((error: CajalError) => error);
    expect(overflow).toMatchObject({ code: "diverged" });
    expect((overflow as CajalError).message).toMatch(/layer "/);
    expect(await step.weights()).toEqual(weights);
    await step.restore(before, await step.state());
    expect((await step.run(batch)).loss).toBeGreaterThan(0);
    await step.dispose();
  });

  it("goes on as it was where there are more threads", async () => {
    const net = functional("dropped");
    const image = net.input([28, 28, 1]);
    const x = net.layer("Conv2D", { filters: 64, kernel_size: 5 }, image);
    const dropped = net.layer("Dropout", { rate: 0.5 }, net.layer("GlobalAveragePooling2D", {}, x));
    const model = net.model([image], [net.layer("Dense", { units: 10 }, dropped)]);
    const options = { ...ofDigits, seed: 1 };
    const [first, second] = [digit(64), digit(64)];
    const single = await openTrainStep(model, initialize(model, { seed: 3 }), { ...options, threads: 1 }); // prettier-ignore
    await single.run(first);
    const resumed = await openTrainStep(model, await single.weights(), { ...options, threads: 2, formulations: single.formulations() }); // prettier-ignore
    await resumed.restore(await single.weights(), await single.state());
    expect(await resumed.run(second)).toEqual(await single.run(second));
    await single.dispose();
    await resumed.dispose();
  });

  it("sends of a batch that lies in a larger array its own part", async () => {
    const { postMessage } = Worker.prototype;
    const bytes: number[] = [];
    const spy = vi.spyOn(Worker.prototype, "postMessage").mockImplementation(function (this: Worker, message: { request: object }, transfer) {
      const all = new Set<ArrayBufferLike>();
      JSON.stringify(message, (_, each: unknown) => {
        if (ArrayBuffer.isView(each)) all.add(each.buffer);
        return ArrayBuffer.isView(each) ? undefined : each;
      });
      bytes.push(...[...all].map(({ byteLength }) => byteLength));
      postMessage.call(this, message, transfer as never);
    }); // prettier-ignore
    const step = await opened({ worker: true });
    const { x, y } = digit(64);
    const { shape, data } = x as Tensor;
    const all = new Float32Array(100 * data.length);
    const view = all.subarray(1000, 1000 + data.length);
    view.set(data as Float32Array);
    await step.run({ x: { dtype: "float32", shape, data: view }, y });
    spy.mockRestore();
    expect(partsOf(step)).toBe("2");
    expect(bytes.length).toBeGreaterThan(4);
    expect(Math.max(...bytes)).toBeLessThan(all.byteLength / 50);
    await step.dispose();
  });

  it("rejects where a thread is lost before a batch of another size", async () => {
    const spy = vi.spyOn(Worker.prototype, "postMessage");
    const step = await opened({ worker: true });
    await step.run(digit(64));
    const workers = [...new Set(spy.mock.contexts as Worker[])];
    spy.mockRestore();
    await workers.at(-1)!.terminate();
    // As a whole, as what was lost is known.
    expect((await step.run(digit(80))).loss).toBeGreaterThan(0);
    await step.dispose();
  });

  it("says so when a thread that helps is lost", async () => {
    const spy = vi.spyOn(Worker.prototype, "postMessage");
    const step = await opened();
    const batch = digit(64);
    await step.run(batch);
    const before = await step.weights();
    const [helper, ...others] = new Set(spy.mock.contexts as Worker[]);
    spy.mockRestore();
    expect(others).toEqual([]);
    await helper!.terminate();
    await expect(step.run(batch)).rejects.toMatchObject({ code: "engine", message: expect.stringContaining("its thread has ended") }); // prettier-ignore
    expect(await step.weights()).toEqual(before);
    // As a whole.
    expect((await step.run(batch)).loss).toBeGreaterThan(0);
    await step.dispose();
  });

  it("takes ONNX graphs, too", async () => {
    const model = toOnnx(logits, initialize(logits, { seed: 3 }));
    const batch = digit(64);
    const open = (threads: number) => openTrainStep(model, { ...ofDigits, threads }); // prettier-ignore
    const [step, single] = [await open(2), await open(1)];
    for (let i = 0; i < 2; i++)
      expect((await step.run(batch)).loss).toBeCloseTo((await single.run(batch)).loss, 5);
    expect(partsOf(step)).toBe("2");
    await step.dispose();
    await single.dispose();
  });
});
