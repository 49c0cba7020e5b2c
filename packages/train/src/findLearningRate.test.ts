import { tensor } from "@cajal/core";
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
