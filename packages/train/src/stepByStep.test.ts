// Sequences whose steps come one after the other in training: those of recurrent layers, and of a normalization of each.
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { initialize, open, openTrainStep } from "@cajal/runtime";
import { expect, it, test } from "vitest";
import { meanSquaredError, sgd } from "./index";

const layers = [
  { class_name: "Dense", config: { name: "dense", units: 2, batch_input_shape: [null, 2] } },
  { class_name: "BatchNormalization", config: { name: "norm", momentum: 0.5 } },
];
const weights = new Map(
  Object.entries({
    "dense/kernel": [1, -0.5, 0.25, 2],
    "dense/bias": [0.5, -1],
    "norm/gamma": [1, 1],
    "norm/beta": [0, 0],
    "norm/moving_mean": [0, 0],
    "norm/moving_variance": [1, 1],
  }).map(([name, data]) => [`each/inner/${name}`, tensor("float32", data.length === 4 ? [2, 2] : [2], data)]), // prettier-ignore
);
const numbers = (factor: number, modulus: number, divisor: number, offset: number) =>
  tensor("float32", [4, 3, 2], Array.from({ length: 24 }, (_, i) => ((i * factor) % modulus) / divisor - offset)); // prettier-ignore
const batch = { x: numbers(7, 11, 5, 1), y: numbers(5, 7, 4, 0.5) };

// Keras 3.15.1, TensorFlow 2.21: train_on_batch with SGD(0.5) and "mse" of TimeDistributed(Sequential([Dense, BatchNormalization])).
const expected = {
  "dense/kernel": [1.000604, -0.529189, 0.238685, 1.992539],
  "dense/bias": [0.5, -1],
  "norm/gamma": [0.471317, 0.455728],
  "norm/beta": [0.135417, 0.104167],
  "norm/moving_mean": [0.275, -0.740625],
  "norm/moving_variance": [0.336562, 1.94961],
};

it.each([3, null])("trains as Keras does, of %s steps", async (steps) => {
  const net = functional("frames");
  const x = net.input([steps, 2], { name: "x" });
  const layer = { class_name: "Sequential", config: { name: "inner", layers } };
  const model = net.model(x, net.layer("TimeDistributed", { name: "each", layer }, x));
  await using step = await openTrainStep(model, weights, {
    device: "cpu",
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.5 }),
  });
  expect((await step.run(batch)).loss).toBeCloseTo(1.4584023, 5);
  const trained = await step.weights();
  for (const [name, values] of Object.entries(expected))
    for (const [i, value] of trained.get(`each/inner/${name}`)!.data.entries())
      expect(value, `${name} ${i}`).toBeCloseTo(values[i]!, 4);
});

test("a normalization of masked steps is refused, unless it is frozen", async () => {
  const net = functional("masked");
  const x = net.input([3, 2], { name: "x" });
  const masked = net.layer("Masking", {}, x);
  const norm = { class_name: "BatchNormalization", config: { name: "norm" } };
  const each = net.layer("TimeDistributed", { name: "each", layer: norm }, masked);
  const model = net.model(x, net.layer("LSTM", { units: 2 }, each));
  const given = initialize(model, { seed: 1 });
  const options = { device: "cpu", loss: meanSquaredError(), optimizer: sgd() } as const;
  const y = tensor("float32", [4, 2]);
  const run = async (frozen: string[]) => {
    await using step = await openTrainStep(model, given, { ...options, frozen });
    return step.run({ x: batch.x, y });
  };
  await expect(run([])).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining("masked") as string }); // prettier-ignore
  expect((await run(["each"])).loss).toBeGreaterThan(0);
});

test.each(["LSTM", "GRU", "SimpleRNN"] as const)("%s over 200 steps", async (className) => {
  const net = functional("long");
  const x = net.input([200, 1], { name: "x" });
  const model = net.model(x, net.layer(className, { units: 2, name: "last" }, x));
  const given = initialize(model, { seed: 1 });
  const waves = tensor(
    "float32",
    [1, 200, 1],
    Array.from({ length: 200 }, (_, i) => Math.sin(i)),
  );
  const zeros = tensor("float32", [1, 2]);
  const loss = meanSquaredError();
  const optimizer = sgd({ learningRate: 0.1 });
  await using step = await openTrainStep(model, given, { device: "cpu", loss, optimizer });
  await using session = await open(model, given, { device: "cpu" });
  const outputs = [...(await session.predict(waves)).data].map(Number);
  const first = await step.run({ x: waves, y: zeros });
  expect(first.loss).toBeCloseTo(
    outputs.reduce((sum, y) => sum + y ** 2 / 2, 0),
    6,
  );
  expect((await step.run({ x: waves, y: zeros })).loss).toBeLessThan(first.loss);
});
