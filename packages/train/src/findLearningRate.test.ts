import { random, tensor } from "@cajal/core";
import { dataset } from "@cajal/datasets";
import { functional } from "@cajal/models";
import { expect, it } from "vitest";
import { findLearningRate, meanSquaredError, sgd } from "./index";

const net = functional("line");
const x = net.input([1]);
const model = net.model([x], [net.layer("Dense", { units: 1, use_bias: false, name: "a" }, x)]);
const weights = new Map([["a/kernel", tensor("float32", [1, 1], [1])]]);
const ones = (y: number) =>
  dataset({
    x: tensor("float32", [8, 1], new Float32Array(8).fill(1)),
    y: tensor("float32", [8, 1], new Float32Array(8).fill(y)),
  }).batch(8);

it("finds where the loss falls, and ends where it rises", async () => {
  // w ← w (1 − 2·rate): it shrinks for rates below 1, at once at ½, and grows beyond 1.
  const { points, suggested } = await findLearningRate(model, ones(0), {
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 5 }),
    weights,
    from: 1e-4,
    to: 100,
    steps: 60,
  });
  expect(points[0]!.learningRate).toBeCloseTo(1e-4, 10);
  expect(points[0]!.loss).toBeCloseTo(1, 6);
  expect(points[1]!.learningRate / points[0]!.learningRate).toBeCloseTo(1e6 ** (1 / 59), 6);
  expect(suggested).toBeGreaterThan(0.01);
  expect(suggested).toBeLessThan(1);
  const last = points.at(-1)!;
  expect(last.learningRate).toBeGreaterThan(1);
  expect(last.learningRate).toBeLessThan(100);
});

it.each(["mse", "cosine_similarity"])("is not led by the chance of batches (%s)", async (loss) => {
  const net = functional("three");
  const x = net.input([4]);
  const noisyModel = net.model([x], [net.layer("Dense", { units: 3 }, x)]);
  const numbers = random(1, "noisy");
  const values = Float32Array.from({ length: 64 * 4 }, () => numbers.normal());
  const labels = Array.from({ length: 64 * 3 }, (_, i) => values[Math.floor(i / 3) * 4 + (i % 3)]! + 0.3 * numbers.normal()); // prettier-ignore
  const data = dataset({ x: tensor("float32", [64, 4], values), y: tensor("float32", [64, 3], labels) }); // prettier-ignore
  for (const seed of [0, 1, 2, 3, 4]) {
    const { points, suggested } = await findLearningRate(noisyModel, data, { loss, optimizer: "sgd", batchSize: 4, to: 10, seed }); // prettier-ignore
    expect(points.length).toBeGreaterThan(70);
    expect(suggested).toBeGreaterThan(0.01);
    expect(suggested).toBeLessThan(2);
  }
});

it("says that the loss does not fall", async () => {
  // Where the weight is right already, every rate leaves the loss at 0.
  const finding = findLearningRate(model, ones(1), {
    loss: meanSquaredError(),
    optimizer: sgd(),
    weights,
    steps: 5,
  });
  await expect(finding).rejects.toMatchObject({ code: "bad-argument" });
});

it("makes as many steps as were asked for, whatever the batches are", async () => {
  const { points } = await findLearningRate(model, ones(0), {
    loss: meanSquaredError(),
    optimizer: sgd(),
    weights,
    batchSize: 2, // of 8 examples
    accumulate: 2,
    from: 1e-4,
    to: 1e-2,
    steps: 5,
  });
  expect(points.map(({ learningRate }) => learningRate)).toEqual(
    [-4, -3.5, -3, -2.5, -2].map((exponent) => expect.closeTo(10 ** exponent, 10)),
  );
});

it.each([
  [{ epochs: 1 }, "unknown-option", "epochs"],
  [{ from: "1e-6" }, "bad-argument", 'from "1e-6"'],
  [{ from: 1, to: 0.1 }, "bad-argument", "from 1 and to 0.1, expected 0 < from < to"],
  [{ steps: 2 }, "bad-argument", "steps 2"],
  [{ batchSize: 0 }, "bad-argument", "batchSize 0"],
])("refuses %o", async (options, code, message) =>
  expect(
    findLearningRate(model, ones(0), { loss: "mse", optimizer: "sgd", ...(options as object) }),
  ).rejects.toMatchObject({ code, message: expect.stringContaining(message) }),
);
