// Several updates as one run of one graph give what they give one by one.
import { type CajalError, tensor, type NamedBatch, type Tensor } from "@cajal/core";
import { digits, rescale } from "@cajal/datasets";
import { functional, lenet5, type ModelConfig } from "@cajal/models";
import { initialize, openTrainStep, type Optimizer, type TrainStep } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import {
  accuracy,
  adam,
  cosineDecay,
  precision,
  sgd,
  sparseCategoricalCrossentropy,
  train,
  type StepEvent,
  type TrainOptions,
} from "./index";

/** Convolution, batch normalization, dropout, a frozen layer, a constraint, a regularizer: all that a step can write. */
function convolutional(): ModelConfig {
  const net = functional("convolutional");
  const image = net.input([8, 8, 1]);
  let x = net.layer("Conv2D", { filters: 6, kernel_size: 3, name: "fixed" }, image);
  x = net.layer("Conv2D", { filters: 8, kernel_size: 3, kernel_constraint: { class_name: "MaxNorm", config: { max_value: 1, axis: [0, 1, 2] } } }, x); // prettier-ignore
  x = net.layer("BatchNormalization", {}, x);
  x = net.layer("ReLU", {}, x);
  x = net.layer("MaxPooling2D", { pool_size: 2 }, x);
  x = net.layer("Flatten", {}, x);
  x = net.layer("Dropout", { rate: 0.3 }, x);
  return net.model([image], [net.layer("Dense", { units: 10, kernel_regularizer: "l2" }, x)]);
}

/** Digits of 8 × 8, or enlarged to 32 × 32 by repetition. */
async function batchesOf(size: number, side: 8 | 32, count = 5): Promise<NamedBatch[]> {
  const batches: NamedBatch[] = [];
  for await (const { x, y } of digits().map(rescale(1 / 16)).take(count * size).batch(size).batches()) batches.push({ x: side === 8 ? x : enlarged(x as Tensor), y }); // prettier-ignore
  return batches;
}

function enlarged({ shape: [n = 0], data }: Tensor): Tensor {
  const result = tensor("float32", [n, 32, 32, 1]);
  for (let i = 0; i < result.data.length; i++) {
    const [image, row, column] = [Math.floor(i / 1024), (i >> 5) & 31, i & 31];
    result.data[i] = Number(data[64 * image + 8 * (row >> 2) + (column >> 2)]);
  }
  return result;
}

const options = (optimizer: Optimizer, more = {}) => ({
  loss: sparseCategoricalCrossentropy({ fromLogits: true }),
  optimizer,
  metrics: [accuracy()],
  seed: 7,
  ...more,
});

const opened = (model: ModelConfig, optimizer: Optimizer, more = {}) =>
  openTrainStep(model, initialize(model, { seed: 3 }), options(optimizer, more));

const read = async (step: TrainStep) =>
  new Map([...(await step.weights()), ...(await step.state())]);

const optimizers: Readonly<Record<string, () => Optimizer>> = {
  momentum: () => sgd({ learningRate: 0.05, momentum: 0.9 }),
  Adam: () => adam({ learningRate: cosineDecay(0.01, { decaySteps: 10 }) }),
};

describe("runSteps", () => {
  it.each(
    Object.keys(optimizers).flatMap((optimizer) =>
      (["LeNet-5", "a network with batch normalization"] as const).map(
        (network) => [network, optimizer] as const,
      ),
    ),
  )("of %s with %s gives weights, state and numbers of single steps, bit for bit", async (network, name) => {
    const [model, side] = network === "LeNet-5" ? ([lenet5({ input_shape: [32, 32, 1], classifier_activation: null }), 32] as const) : ([convolutional(), 8] as const);
    const more = network === "LeNet-5" ? {} : { frozen: ["fixed"] };
    const optimizer = optimizers[name]!;
    const batches = await batchesOf(8, side);
    const single = await opened(model, optimizer(), more);
    const several = await opened(model, optimizer(), more);
    const expected = [];
    for (const batch of batches) expected.push(await single.run(batch));
    // One by one first, so that the arrays are in their second version; then in two graphs of different length.
    const got = [
      await several.run(batches[0]!),
      ...(await several.runSteps(batches.slice(1, 4))),
      ...(await several.runSteps(batches.slice(4))),
    ];
    expect(got).toEqual(expected);
    expect(expected[0]!.loss).not.toBe(expected[4]!.loss);
    expect(several.iteration).toBe(5);
    const [wanted, found] = [await read(single), await read(several)];
    expect([...found.keys()]).toEqual([...wanted.keys()]);
    for (const [key, value] of wanted) expect(found.get(key), key).toEqual(value);
    await Promise.all([single.dispose(), several.dispose()]);
  }); // prettier-ignore

  it("makes the updates before the one that diverges, and tells that one", async () => {
    const model = convolutional();
    const batches = await batchesOf(16, 8, 3);
    const step = await opened(model, optimizers.momentum!());
    const reference = await opened(model, optimizers.momentum!());
    await reference.run(batches[0]!);
    const x = batches[1]!.x as Tensor;
    const broken = { ...batches[1]!, x: tensor("float32", x.shape, Float32Array.from(x.data as Float32Array, (v, i) => (i === 5 ? NaN : v))) }; // prettier-ignore
    const failure = await step.runSteps([batches[0]!, broken, batches[2]!]).catch((error: CajalError) => error); // prettier-ignore
    expect(failure).toMatchObject({ code: "diverged", message: expect.stringContaining("step 2") });
    expect(step.iteration).toBe(1);
    expect(await step.weights()).toEqual(await reference.weights());
    await Promise.all([step.dispose(), reference.dispose()]);
  });

  it("takes batches of several shapes, and refuses what does not fit before the first update", async () => {
    const model = convolutional();
    const [large] = await batchesOf(16, 8, 1);
    const [small] = await batchesOf(10, 8, 1);
    const step = await opened(model, optimizers.momentum!());
    expect(await step.runSteps([large!, small!])).toHaveLength(2);
    for (const [batches, learningRates, code] of [
      [[], undefined, "bad-argument"],
      [[large], [0.1, 0.1], "bad-argument"],
      [[large, large], [0.1, -1], "bad-argument"],
      [[large, { ...large, y: small!.y }], undefined, "bad-shape"],
      [large, undefined, "bad-argument"],
    ] as const)
      await expect(step.runSteps(batches as never, learningRates && { learningRates })).rejects.toMatchObject({ code }); // prettier-ignore
    expect(step.iteration).toBe(2);
    await step.dispose();
  });
});

describe("stepsPerExecution", () => {
  const few = (count: number) => digits().map(rescale(1 / 16)).take(count).batch(20); // prettier-ignore

  async function run(more: Partial<TrainOptions>, examples = 150) {
    const steps: StepEvent[] = [];
    const saved: number[] = [];
    let weights;
    for await (const event of train(convolutional(), few(examples), { ...options(optimizers.Adam!()), metrics: [accuracy(), precision()], epochs: 2, ...more })) {
      if (event.type === "step") steps.push(event);
      if (event.type === "checkpoint") saved.push(event.step);
      if (event.type === "end") ({ weights } = event);
    } // prettier-ignore
    return { steps, saved, weights };
  }

  it.each([false, true])("gives the same events and weights, on a thread of its own %s", async (worker) => {
    const checkpoint = { everySteps: 5, save: async () => {} };
    const expected = await run({ worker: false, checkpoint });
    // Of eight steps an epoch: 3, 2 up to the checkpoint, 3 of which the last is smaller …
    const got = await run({ worker, checkpoint, stepsPerExecution: 3 });
    expect(got).toEqual(expected);
    expect(got.steps.map(({ step }) => step)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
    expect(got.saved).toContain(5);
  }); // prettier-ignore

  it("goes with accumulated gradients, and with TF.js, one by one", async () => {
    const accumulated = await run({ accumulate: 3, worker: false });
    expect(await run({ accumulate: 3, stepsPerExecution: 2, worker: false })).toEqual(accumulated);
    const one = await run({ engine: "tfjs", epochs: 1 }, 40);
    expect(await run({ engine: "tfjs", epochs: 1, stepsPerExecution: 4 }, 40)).toEqual(one);
    await expect(run({ stepsPerExecution: 0 })).rejects.toMatchObject({ code: "bad-argument" });
  });
});
