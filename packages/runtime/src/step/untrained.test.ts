// What becomes of layers on which no loss depends, as Keras 3.15 has it: they compute, so that averages move and outputs can be
// asked for, and their weights stay, but for what regularizes them.
import { random, tensor, type Weights } from "@cajal/core";
import { functional, toOnnx } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { initialize } from "../initializers/initialize";
import { open } from "../open";
import { openTrainStep } from "../openTrainStep";
import { descent, squares } from "../../testing/training";

const net = functional("branches");
const image = net.input([4, 3, 2], { name: "image" });
const shared = net.layer("Conv2D", { filters: 3, kernel_size: 2, name: "shared" }, image);
const trained = net.layer("Dense", { units: 1, name: "trained" }, net.layer("Flatten", {}, shared));
const conv = net.layer("Conv2D", { filters: 4, kernel_size: [1, 2], name: "conv" }, shared);
const norm = net.layer("BatchNormalization", { name: "norm", momentum: 0.5 }, conv);
const flat = net.layer("Flatten", {}, norm);
const kernel_regularizer = { class_name: "L2", config: { l2: 0.5 } };
const regularized = net.layer("Dense", { units: 2, name: "regularized", kernel_regularizer }, flat);
const model = net.model(image, [trained, net.layer("Dense", { units: 2, name: "free" }, regularized)]); // prettier-ignore

const numbers = random(3, "branches");
const filled = (...shape: number[]) =>
  tensor("float32", shape, Array.from({ length: shape.reduce((a, b) => a * b) }, () => numbers.normal())); // prettier-ignore
const batches = [0, 1].map(() => ({ x: filled(6, 4, 3, 2), y: filled(6, 1) }));
const weights = initialize(model, { seed: 2 });
const optimizer = { ...descent(0.1), weightDecay: 0.1 };
const stepOn = (engine: "onnx" | "tfjs") =>
  openTrainStep(model, weights, { loss: { trained: squares }, optimizer, engine, device: "cpu", verify: false }); // prettier-ignore

const near = (got: Weights, expected: Weights) => {
  for (const [key, { data }] of expected)
    data.forEach((value, i) => expect(got.get(key)!.data[i], key).toBeCloseTo(Number(value), 5));
};

describe.each(["onnx", "tfjs"] as const)("without a loss on %s", (engine) => {
  it("averages move, weights stay, and penalties count", async () => {
    await using step = await stepOn(engine);
    await step.run(batches[0]!);
    const after = await step.weights();
    const changed = [...weights].filter(([key, { data }]) => data.some((value, i) => value !== after.get(key)!.data[i])); // prettier-ignore
    expect(changed.map(([key]) => key).toSorted()).toEqual(["norm/moving_mean", "norm/moving_variance", "regularized/kernel", "shared/bias", "shared/kernel", "trained/bias", "trained/kernel"]); // prettier-ignore
    // p ← 0.99 p − 0.1 · 2 · 0.5 p.
    const [before, now] = [weights, after].map((each) => each.get("regularized/kernel")!.data);
    now!.forEach((value, i) => expect(value).toBeCloseTo(0.89 * Number(before![i]), 6));
  });

  it("updates of two batches are those of both together", async () => {
    await using step = await stepOn(engine);
    await step.run(batches);
    const after = (await step.weights()).get("regularized/kernel")!.data;
    after.forEach((value, i) =>
      expect(value).toBeCloseTo(0.89 * Number(weights.get("regularized/kernel")!.data[i]), 6),
    );
  });

  it("every layer and output can be asked for", async () => {
    await using step = await stepOn(engine);
    await step.run(batches[0]!);
    const after = await step.weights();
    await using session = await open(model, after, { engine, device: "cpu" });
    const { x } = batches[1]!;
    const outputs = await session.run({ image: x });
    for (const of of ["trained", "free"])
      near(new Map([[of, await step.predict(x, { of })]]), new Map([[of, outputs[of]!]]));
    expect((await step.predict(x, { of: "norm" })).shape).toEqual([6, 3, 1, 4]);
  });
});

it("every output of a graph can be asked for", async () => {
  const graph = toOnnx(model, weights);
  await using step = await openTrainStep(graph, { loss: { trained: squares }, optimizer, verify: false }); // prettier-ignore
  await using session = await open(graph, { device: "cpu" });
  const { x } = batches[0]!;
  const outputs = await session.run({ image: x });
  for (const of of ["trained", "free"])
    near(new Map([[of, await step.predict(x, { of })]]), new Map([[of, outputs[of]!]]));
});

it("engines agree on it", async () => {
  await using onnx = await stepOn("onnx");
  await using tfjs = await stepOn("tfjs");
  for (const batch of batches) await Promise.all([onnx.run(batch), tfjs.run(batch)]);
  near(await onnx.weights(), await tfjs.weights());
});

it("a step that shares weights asks for what the other one trains", async () => {
  await using other = await openTrainStep(model, weights, { loss: { free: squares }, optimizer, device: "cpu", verify: false }); // prettier-ignore
  await other.run({ x: batches[0]!.x, y: filled(6, 2) });
  await using step = await openTrainStep(model, weights, { loss: { trained: squares }, optimizer, verify: false, shareWeightsWith: other }); // prettier-ignore
  await step.run(batches[0]!);
  const { x } = batches[1]!;
  near(new Map([["free", await step.predict(x, { of: "free" })]]), new Map([["free", await other.predict(x, { of: "free" })]])); // prettier-ignore
});
