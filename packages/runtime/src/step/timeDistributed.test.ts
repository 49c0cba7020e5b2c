// A batch normalization within TimeDistributed normalizes each step by itself in training, and changes its moving averages
// at each, as Keras 3.15 and TF.js call it.
import { random, tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { initialize } from "../initializers/initialize";
import { openTrainStep } from "../openTrainStep";
import { descent, squares } from "../../testing/training";

const [examples, steps, features] = [5, 3, 2];
const numbers = random(2, "steps");
const at = (example: number, step: number, feature: number) =>
  (example * steps + step) * features + feature;
const x = tensor("float32", [examples, steps, features], Array.from({ length: 30 }, (_, i) => numbers.normal() + 3 * (Math.floor(i / features) % steps))); // prettier-ignore
const y = tensor("float32", [examples, steps, features]);
const every = <T>(count: number, value: (i: number) => T) => Array.from({ length: count }, (_, i) => value(i)); // prettier-ignore
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

const normalization = { class_name: "BatchNormalization", config: { name: "n", momentum: 0.75, epsilon: 0.5, scale: false } }; // prettier-ignore
const within = functional("within");
const input = within.input([features]);
const model = within.model(input, within.layer("BatchNormalization", normalization.config, input)); // prettier-ignore

describe.each([
  ["onnx", "a layer", normalization, "each/n"],
  ["onnx", "a model", model, "each/within/n"],
  ["tfjs", "a layer", normalization, "each/n"],
] as const)("on %s, of %s", (engine, _, layer, path) => {
  const settings = { loss: squares, optimizer: descent(0), engine, device: "cpu", verify: false } as const; // prettier-ignore

  it("each step has its own statistics", async () => {
    const net = functional("steps");
    const input = net.input([steps, features]);
    const model = net.model(input, net.layer("TimeDistributed", { name: "each", layer }, input));
    await using step = await openTrainStep(model, initialize(model, { seed: 1 }), settings);
    const { loss } = await step.run({ x, y });
    const weights = await step.weights();
    const squared: number[] = [];
    for (let c = 0; c < features; c++) {
      let [moving, movingVariance] = [0, 1];
      for (let t = 0; t < steps; t++) {
        const column = every(examples, (i) => x.data[at(i, t, c)]!);
        const center = mean(column);
        const variance = mean(column.map((value) => (value - center) ** 2));
        squared.push(...column.map((value) => (value - center) ** 2 / (variance + 0.5)));
        moving = 0.75 * moving + 0.25 * center;
        movingVariance = 0.75 * movingVariance + 0.25 * variance;
      }
      expect(weights.get(`${path}/moving_mean`)!.data[c]).toBeCloseTo(moving, 5);
      expect(weights.get(`${path}/moving_variance`)!.data[c]).toBeCloseTo(movingVariance, 5);
    }
    expect(loss).toBeCloseTo(mean(squared), 5);
  });
});

it("is not trained on a masked sequence, whose steps Keras would leave out", async () => {
  const net = functional("masked");
  const input = net.input([steps, features]);
  const masked = net.layer("Masking", {}, input);
  const each = net.layer("TimeDistributed", { layer: normalization }, masked);
  const model = net.model(input, net.layer("GlobalAveragePooling1D", {}, each));
  const opening = openTrainStep(model, initialize(model, { seed: 1 }), { loss: squares, optimizer: descent(0), verify: false }); // prettier-ignore
  await expect(opening).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining("masked sequence") }); // prettier-ignore
});
