// Several inputs and outputs, loss weights, sample weights and class weights against Keras' fit.
import { sizeOf, tensor, type Tensor, type Weights } from "@cajal/core";
import { functional, type ModelConfig } from "@cajal/models";
import type { EngineName, Loss } from "@cajal/runtime";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { adam, dice, meanAbsoluteError, sgd, train, type TrainOptions } from "./index";
import { dataset } from "@cajal/datasets";

interface Flat {
  shape: number[];
  data: number[];
}
type Named = Flat | Record<string, Flat>;
interface Case {
  case: string;
  config: ModelConfig;
  start: Record<string, Flat>;
  end: Record<string, Flat>;
  x: Named;
  y: Named;
  weight: Named | null;
  history: Record<string, number[]>;
}

const { cases }: { cases: Case[] } = JSON.parse(
  readFileSync(new URL("../fixtures/weighted.json", import.meta.url), "utf8"),
);
const byName = (name: string) => cases.find((each) => each.case === name)!;

const isFlat = (value: Named): value is Flat => Array.isArray(value.data);
const read = (value: Named, dtype: (flat: Flat) => "float32" | "int32" = () => "float32") => {
  const toTensor = (flat: Flat): Tensor => tensor(dtype(flat), flat.shape, flat.data);
  return isFlat(value)
    ? toTensor(value)
    : Object.fromEntries(Object.entries(value).map(([name, flat]) => [name, toTensor(flat)]));
};
/** Class numbers are the labels of one axis. */
const labels = ({ shape }: Flat) => (shape.length === 1 ? "int32" : "float32");

const losses = { kind: "sparse_categorical_crossentropy", value: "mse" };
const momentum = () => sgd({ learningRate: 0.1, momentum: 0.9 });
const options: Record<string, Pick<TrainOptions, "loss" | "optimizer"> & Partial<TrainOptions>> = {
  "two outputs": { loss: losses, optimizer: momentum() },
  "loss weights": {
    loss: losses,
    lossWeights: { kind: 0.5, value: 2 },
    optimizer: momentum(),
    metrics: { kind: ["accuracy"], value: [{ ...meanAbsoluteError(), name: "mae" }] },
  },
  "sample weights by output": {
    loss: losses,
    lossWeights: { kind: 0.5, value: 2 },
    optimizer: adam({ learningRate: 0.01 }),
  },
  "sample weights": { loss: losses.kind, optimizer: momentum(), metrics: ["accuracy"] },
  "class weights": {
    loss: losses.kind,
    optimizer: momentum(),
    metrics: ["accuracy"],
    classWeights: { 0: 1, 1: 3, 2: 0.25 },
  },
  "class weights, one-hot": {
    loss: "categorical_crossentropy",
    optimizer: momentum(),
    classWeights: [1, 3, 0.25],
  },
};

/** Float32 sums in another order, over nine updates. */
const tolerance = 2e-5;
const near = (got: number, expected: number) =>
  expect(Math.abs(got - expected)).toBeLessThan(tolerance * Math.max(1, Math.abs(expected)));

describe.each<EngineName>(["onnx", "tfjs"])("training on %s", (engine) => {
  it.each(Object.keys(options))("%s", async (name) => {
    const { config, start, end, x, y, weight, history } = byName(name);
    const data = dataset({
      x: read(x),
      y: read(y, labels),
      ...(weight && { weight: read(weight) }),
    }).batch(4);
    const weights: Weights = new Map(
      Object.entries(start).map(([key, { shape, data }]) => [key, tensor("float32", shape, data)]),
    );
    let trained: Weights | undefined;
    const run = { epochs: 3, shuffle: false, engine, weights, ...options[name]! };
    for await (const event of train(config, data, run)) {
      if (event.type === "end") trained = event.weights;
      if (event.type !== "epoch") continue;
      const numbers: Record<string, number> = { loss: event.loss, ...event.metrics };
      expect(Object.keys(numbers).toSorted()).toEqual(Object.keys(history).toSorted());
      for (const [key, values] of Object.entries(history))
        near(numbers[key]!, values[event.epoch]!);
    }
    for (const [key, { data }] of Object.entries(end))
      data.forEach((value, i) => near(Number(trained!.get(key)!.data[i]), value));
  });

  it("leaves an output without a loss as it is, its labels unread", async () => {
    const { config, start, x, y } = byName("two outputs");
    const weights: Weights = new Map(
      Object.entries(start).map(([key, { shape, data }]) => [key, tensor("float32", shape, data)]),
    );
    const data = dataset({ x: read(x), y: read(y, labels) });
    // Weight decay and momentum would move it.
    const optimizer = sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.1 });
    const run = { epochs: 1, engine, weights, optimizer, loss: { kind: losses.kind } };
    for await (const event of train(config, data, run))
      if (event.type === "end") {
        expect(event.weights.get("value/kernel")).toEqual(weights.get("value/kernel"));
        expect(event.weights.get("kind/kernel")).not.toEqual(weights.get("kind/kernel"));
      }
  });

  // Keras' Dice(axis=(1, 2)) multiplies 4 losses by weights [4, 4] along the wrong axis, and fails for [4, 5].
  it.each([4, 5])("refuses weights of %i positions that the loss takes together", async (steps) => {
    const net = functional("steps");
    const x = net.input([steps, 2]);
    const model = net.model(x, net.layer("Dense", { units: 2, activation: "sigmoid" }, x));
    const filled = (...shape: number[]) =>
      tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(0.5));
    const first = async (loss: Loss, weight: Tensor) => {
      const data = { x: filled(4, steps, 2), y: filled(4, steps, 2), weight };
      for await (const event of train(model, data, { epochs: 1, loss, optimizer: "sgd", engine }))
        if (event.type === "epoch") return event.loss;
      return undefined;
    };
    const ofExamples = dice({ axis: [1, 2] });
    const whole = await first(ofExamples, filled(4));
    expect(whole).toBeGreaterThan(0);
    await expect(first(ofExamples, filled(4, steps))).rejects.toMatchObject({
      code: "bad-shape",
      message: `batch weight: got [4,${steps}], and the loss "dice" gives [4]: it takes together what these weights tell apart. Expected [4], one number an example, or another loss.`,
    });
    await expect(first(dice(), filled(4, steps))).rejects.toMatchObject({ code: "bad-shape" });
    // Sums over the steps: one number for each of two features, where the weights have one for each step.
    await expect(first(dice({ axis: [1] }), filled(4, steps))).rejects.toMatchObject({
      code: "bad-shape",
    });
  });

  // As PyTorch exports what ends with squeeze(-1), and Keras a Reshape to ().
  it("takes outputs and labels [batch] as one number an example, as [batch, 1]", async () => {
    const own: Loss = { name: "own", compute: (ops, y, p) => ops.abs(ops.sub(ops.cast(y, "float32"), p)) }; // prettier-ignore
    const measured = async (loss: Loss | string, output: number[], labels: number[]) => {
      const net = functional("one");
      const x = net.input([2]);
      const p = net.layer("Dense", { units: 1, activation: "sigmoid" }, x);
      const model = net.model(
        x,
        output.length > 1 ? p : net.layer("Reshape", { target_shape: [] }, p),
      );
      const data = {
        x: tensor("float32", [5, 2], [1, 2, -1, 0.5, 2, -1, 0, 1, -2, -1]),
        y: tensor("int32", labels, [1, 0, 1, 1, 0]),
        weight: tensor("float32", [5], [1, 0.5, 0, 2, 1]),
      };
      const classWeights = { 0: 1, 1: 3 };
      const metrics = [own, "accuracy", "f1", "r2", "mean_iou", "top_k_accuracy", "cosine_similarity", "auc"]; // prettier-ignore
      const run = {
        epochs: 2,
        batchSize: 3,
        optimizer: "sgd",
        loss,
        metrics,
        classWeights,
        engine,
      };
      const events = [];
      for await (const event of train(model, data, run))
        if (event.type === "epoch") events.push([event.loss, ...Object.values(event.metrics)]);
      return events.flat();
    };
    for (const loss of ["bce", "mse", own, "dice", "kld"]) {
      const columns = await measured(loss, [5, 1], [5, 1]);
      const near = columns.map((each) => expect.closeTo(each, 6));
      expect(await measured(loss, [5], [5])).toEqual(near);
      expect(await measured(loss, [5, 1], [5])).toEqual(near);
      expect(await measured(loss, [5], [5, 1])).toEqual(near);
    }
  });
});
