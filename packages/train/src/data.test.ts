// Data that do not fit, or are the caller's own and lack something, are told at once.
import { tensor, type Tensor } from "@cajal/core";
import { functional, lenet5 } from "@cajal/models";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { dataset, digits, iris } from "@cajal/datasets";
import { train, type TrainData, type TrainOptions } from "./index";

const line = () => {
  const net = functional("line");
  const x = net.input([2]);
  return net.model([x], [net.layer("Dense", { units: 1 }, x)]);
};
const floats = (...shape: number[]) =>
  tensor("float32", shape, new Float32Array(shape.reduce((a, b) => a * b)));
const data = () => dataset({ x: floats(6, 2), y: floats(6, 1) });
const options: TrainOptions = { epochs: 2, batchSize: 2, loss: "mse", optimizer: "sgd" };

/** The types of the events before the run fails. */
async function typesBefore(run: ReturnType<typeof train>, error: object) {
  const types: string[] = [];
  await expect(async () => {
    for await (const { type } of run) types.push(type);
  }).rejects.toMatchObject(error);
  return types;
}

it.each([
  ["of another shape", { x: floats(3, 5), y: floats(3, 1) }],
  ["with labels of another shape", { x: floats(3, 2), y: floats(3, 4) }],
])("tells validation data %s before the first step", async (_, validation) => {
  const run = train(line(), data(), { ...options, validation });
  expect(await typesBefore(run, { code: "bad-shape" })).toEqual([]);
});

it("tells labels of validation data that are no classes before the first step", async () => {
  const images = digits().take(4);
  const validation = dataset({ x: floats(1, 8, 8, 1), y: tensor("int32", [1], [10]) });
  const run = train(lenet5({ input_shape: [8, 8, 1], kernel_size: 3, activation: "relu" }), images, { ...options, loss: "sparse_categorical_crossentropy", validation }); // prettier-ignore
  expect(await typesBefore(run, { code: "bad-argument" })).toEqual([]);
});

it.each([
  "float64",
  "int8",
  "int16",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "bool",
  "float16",
] as const)("takes labels of %s for the numbers that they are", async (dtype) => {
  const net = functional("kinds");
  const x = net.input([2]);
  const model = net.model(x, net.layer("Dense", { units: 2, activation: "softmax" }, x));
  const one = { float16: 0x3c00 }[dtype as string] ?? 1;
  const labels = (shape: readonly number[], values: readonly number[]) => [
    tensor("float32", shape, values),
    tensor(dtype, shape, (/^u?int64$/.test(dtype) ? values.map(BigInt) : values.map((v) => v * one)) as never), // prettier-ignore
  ];
  const measured = async (y: Tensor, loss: string) => {
    const run = train(model, { x: floats(4, 2), y }, { ...options, loss, metrics: ["accuracy", "top_k_categorical_accuracy"] }); // prettier-ignore
    for await (const event of run) if (event.type === "epoch") return [event.loss, event.metrics];
    return [];
  };
  for (const [loss, [expected, y]] of [
    ["scce", labels([4], [0, 1, 1, 0])],
    ["cce", labels([4, 2], [1, 0, 0, 1, 0, 1, 1, 0])],
  ] as const)
    expect(await measured(y!, loss)).toEqual(await measured(expected!, loss));
});

it.each([
  [
    "categorical_accuracy",
    [4],
    "categoricalAccuracy: got labels [4] for an output of [4,3], expected one-hot labels [4,3]",
  ],
  [
    "sparse_categorical_accuracy",
    [4, 3],
    "sparseCategoricalAccuracy: got labels [4,3] for an output of [4,3], expected class numbers [4]",
  ],
  ["categorical_crossentropy", [4], "categoricalCrossentropy: got labels [4], expected [4,3]"],
  [
    "sparse_categorical_crossentropy",
    [4, 3],
    "sparseCategoricalCrossentropy: got labels [4,3], expected class numbers [4]",
  ],
  ["mae", [4], "meanAbsoluteError: got labels [4], expected [4,3]"],
  ["rmse", [4], "rootMeanSquaredError: got labels [4], expected [4,3]"],
])("tells labels that are not those of the metric %s", async (metric, shape, message) => {
  const net = functional("three");
  const x = net.input([2]);
  const model = net.model(x, net.layer("Dense", { units: 3, activation: "softmax" }, x));
  const y = shape.length === 1 ? tensor("int32", [4], [0, 1, 2, 0]) : tensor("float32", [4, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]); // prettier-ignore
  const loss = shape.length === 1 ? "scce" : "cce";
  const run = train(model, { x: floats(4, 2), y }, { epochs: 1, loss, optimizer: "sgd", metrics: [metric] }); // prettier-ignore
  await typesBefore(run, { code: "bad-shape", message: expect.stringContaining(message) });
});

it("says which number of a batch is not in the table that it is looked up in", async () => {
  const net = functional("words");
  const x = net.input([2], { dtype: "int32" });
  const table = net.layer("Embedding", { input_dim: 3, output_dim: 1, name: "table" }, x);
  const words = dataset({ x: tensor("int32", [1, 2], [0, 3]), y: floats(1, 2, 1) });
  const run = train(net.model(x, table), words, { ...options, shuffle: false });
  const message = 'batch x: got 3 as element 1, expected a number of 0 … 2: layer "table" looks it up in a table of 3 rows.'; // prettier-ignore
  expect(await typesBefore(run, { code: "bad-argument", message })).toEqual(["start"]);
});

it("measures validation data that fit as if they had not been tried", async () => {
  const passes: string[] = [];
  const counted = (name: string, of: TrainData): TrainData => ({
    size: of.size,
    batchSize: of.batchSize,
    batchCount: of.batchCount,
    batches: (pass) => (passes.push(name), of.batches(pass)),
    batch: (size) => counted(name, of.batch(size)),
    shuffle: (by) => counted(name, of.shuffle(by)),
  });
  const validation = counted("validation", data().batch(4));
  const results: (number | undefined)[] = [];
  for await (const event of train(line(), counted("data", data()), { ...options, validation }))
    if (event.type === "epoch") results.push(event.validation?.loss);
  // One pass an epoch: what it draws is what it would have drawn.
  expect(passes).toEqual(["validation", "data", "data", "validation"]);
  // Zeros in, zeros out, and zeros are right.
  expect(results).toEqual([0, 0]);
});

it.each([
  ["shuffle", { shuffle: () => {} }, "got data.shuffle() undefined, expected a dataset"],
  ["batch", { batch: () => 3 }, "got data.batch() 3, expected a dataset"],
  [
    "batches",
    { batches: () => [1] },
    "data.batches() gave an array of 1, expected an async generator",
  ],
  ["batches", { batches: async () => {} }, "data.batches() gave"],
] as const)("says what is wrong with %s of a caller's own data", async (_, more, message) => {
  const whole = data().batch(2);
  const own: TrainData = {
    size: whole.size,
    batchSize: whole.batchSize,
    batchCount: whole.batchCount,
    batches: (pass) => whole.batches(pass),
    batch: () => own,
    shuffle: () => own,
    ...(more as object),
  };
  const expected = { code: "bad-argument", message: expect.stringContaining(message) };
  await typesBefore(train(line(), own, options), expected);
});

it.each([
  [iris, /got data the function iris\. Call it: iris\(\)/],
  [iris().all(), /got a promise as data, expected what it gives: await it/],
  [{ x: iris().all(), y: [1] }, /got a promise as data x/],
  [[[1, 2]], /got data an array of 1, expected a dataset/],
  [{ inputs: [1] }, /got data with inputs, expected a dataset/],
  ["digits", /got data "digits"/],
  [{ x: [[1, 2], [1, 2, 3]], y: [1, 2] }, /data x\[1\]: got a list of 3, expected a list of 2/], // prettier-ignore
  [{ x: [[1, 2], 3], y: [1, 2] }, /data x\[1\]: got 3, expected a list of 2/],
  [{ x: [[1, 2], [3, [4]]], y: [1, 2] }, /data x\[1\]\[1\]: got a list of 1, expected a number/], // prettier-ignore
  [
    {
      x: [
        [1, 2],
        [3, "4"],
      ],
      y: [1, 2],
    },
    /data x\[1\]\[1\]: got "4", expected a number/,
  ],
  [{ x: { a: [[1], [{}]] }, y: [1, 2] }, /data x "a"\[1\]\[0\]: got an empty object/],
])("says what is wrong with data %#: %o", async (wrong, message) => {
  const error = { message: expect.stringMatching(message) };
  await typesBefore(train(line(), wrong as never, options), error);
  const validation = expect.stringMatching(message.source.replace("data", "validation"));
  await typesBefore(train(line(), data(), { ...options, validation: wrong as never }), {
    message: validation,
  });
});

it("says that a checkpoint or weights are to be awaited", async () => {
  for (const name of ["resume", "weights", "checkpoint"]) {
    const run = train(line(), data(), { ...options, [name]: Promise.resolve() });
    await typesBefore(run, {
      code: "bad-argument",
      message: `train: got a promise as ${name}, expected what it gives: await it.`,
    });
  }
  // Of a checkpoint its kind is told, not its seed.
  await typesBefore(train(line(), data(), { ...options, seed: 1, resume: {} as never }), {
    message: expect.stringContaining("resume.weights"),
  });
});

it.each(["data", "validation"])(
  "ends with the signal's reason where %s end by it",
  async (which) => {
    const controller = new AbortController();
    const { signal } = controller;
    const all = data().batch(2);
    const { size, batchSize, batchCount } = all;
    /** Gives one batch of three; the run is aborted while the next one is read. */
    const ending: TrainData = {
      size,
      batchSize,
      batchCount,
      shuffle: () => ending,
      batch: () => ending,
      async *batches(options) {
        for await (const batch of all.batches(options)) {
          yield batch;
          await sleep(100);
          controller.abort(new Error("enough"));
          return;
        }
      },
    };
    const run =
      which === "data"
        ? train(line(), ending, { ...options, signal, worker: false })
        : train(line(), data(), { ...options, signal, worker: false, validation: ending });
    const types = await typesBefore(run, { message: "enough" });
    expect(types).toContain("step");
    expect(types).not.toContain("epoch");
  },
);
