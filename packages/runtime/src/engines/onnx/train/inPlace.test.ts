// Steps that write over what they read, against those that write beside it: the same bits, and the same refusals.
import { isCajalError, random, tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { adam, meanSquaredError, rmsprop, sgd } from "@cajal/train";
import { afterEach, expect, it, vi } from "vitest";
import { initialize } from "../../../initializers/initialize";
import { openTrainStep } from "../../../openTrainStep";
import type { Optimizer, TrainStep, TrainStepOptions } from "../../../step/trainStep";

let leastBytes = Infinity;
vi.mock("./inPlace", async (load) => ({
  ...(await load<object>()),
  get leastBytesInPlace() {
    return leastBytes;
  },
}));
afterEach(() => {
  leastBytes = Infinity;
});

const net = functional("net");
const image = net.input([4, 4, 2], { name: "image" });
const options = { filters: 3, kernel_size: 3, kernel_constraint: { class_name: "MaxNorm", config: { max_value: 1, axis: [0, 1, 2] } } } as const; // prettier-ignore
const features = net.layer("BatchNormalization", { name: "normal", momentum: 0.5 }, net.layer("Conv2D", options, image)); // prettier-ignore
const rest = net.layer("Flatten", {}, net.layer("Dropout", { rate: 0.2 }, features));
const next = net.layer("Dense", { units: 1, name: "next" }, rest);
const model = net.model(image, next);

const numbers = random(1, "images");
const batchOf = (examples: number, scale = 1) => ({
  x: tensor("float32", [examples, 4, 4, 2], Array.from({ length: examples * 32 }, () => scale * numbers.normal())), // prettier-ignore
  y: tensor(
    "float32",
    [examples, 1],
    Array.from({ length: examples }, () => numbers.normal()),
  ),
});
const batches = Array.from({ length: 4 }, () => batchOf(8));

const open = (inPlace: boolean, optimizer: Optimizer, more: Partial<TrainStepOptions> = {}) => {
  leastBytes = inPlace ? 0 : Infinity;
  const given = { loss: meanSquaredError(), optimizer, device: "cpu", verify: false, ...more } as const; // prettier-ignore
  return openTrainStep(model, initialize(model, { seed: 2 }), given);
};

const everything = async (step: TrainStep) => [await step.weights(), await step.state()];

async function trained(step: TrainStep) {
  const results = [];
  for (const batch of batches) results.push(await step.run(batch));
  results.push(await step.run(batches)); // gradients of several batches
  results.push(...(await step.runSteps(batches))); // several steps as one graph
  results.push(await step.run(batches[0]!), await step.evaluate(batches[1]!));
  const kept = await everything(step);
  await step.dispose();
  return { results, kept };
}

it.each([
  ["momentum", sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true })],
  ["no slots", sgd({ learningRate: 0.05, weightDecay: 0.01 })],
  ["three slots", adam({ learningRate: 0.01, amsgrad: true, globalClipNorm: 0.5 })],
  ["clipped values", rmsprop({ learningRate: 0.01, clipValue: 0.1 })],
] as const)("gives the same bits with an optimizer of %s", async (_, optimizer) => {
  const beside = await trained(await open(false, optimizer));
  expect(await trained(await open(true, optimizer))).toEqual(beside);
  expect(await trained(await open(true, optimizer, { worker: true }))).toEqual(beside);
});

it("refuses a step whose new weights are not finite, and changes nothing", async () => {
  const step = await open(true, adam());
  await step.run(batches[0]!);
  const before = await everything(step);
  const error: unknown = await step.run(batchOf(8, 1e25)).catch((cause: unknown) => cause);
  expect(isCajalError(error) && error.code).toBe("diverged");
  expect(await everything(step)).toEqual(before);
  await step.run(batches[1]!);
  expect(step.iteration).toBe(2);
  expect(await everything(step)).not.toEqual(before);
  await step.dispose();
});

it.each([
  ["moving_variance", 3e38],
  ["moving_mean", -3e38],
])("makes a step of which only the sum of all numbers is too large: %s %d", async (name, value) => {
  const results = [];
  for (const inPlace of [false, true]) {
    const step = await open(inPlace, sgd({ learningRate: 1e-3 }), { frozen: ["next"] });
    const weights = new Map(await step.weights());
    weights.set(`normal/${name}`, tensor("float32", [3], [value, value, value]));
    await step.restore(weights, await step.state());
    results.push(await step.run(batches[0]!), await step.run(batches[1]!), await everything(step));
    expect(step.iteration).toBe(2);
    await step.dispose();
  }
  expect(results.slice(3)).toEqual(results.slice(0, 3));
});

it("shares weights between steps that take turns", async () => {
  const results = [];
  for (const inPlace of [false, true]) {
    const first = await open(inPlace, adam());
    const options = { loss: meanSquaredError(), optimizer: sgd({ momentum: 0.9 }), verify: false };
    const second = await openTrainStep(model, new Map(), { ...options, shareWeightsWith: first });
    for (const batch of batches) results.push(await first.run(batch), await second.run(batch));
    const shared = await first.weights();
    expect(await second.weights()).toEqual(shared);
    results.push(shared, await first.state(), await second.state());
    await second.dispose();
    await first.dispose();
  }
  expect(results.slice(11)).toEqual(results.slice(0, 11));
});
