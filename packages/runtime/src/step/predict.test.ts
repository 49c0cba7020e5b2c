// Predictions with a step's own weights are those of a session that is opened with them.
import { random, tensor, type Tensor } from "@cajal/core";
import { functional, resolve, toOnnx, type ModelConfig } from "@cajal/models";
import { expect, it } from "vitest";
import { initialize } from "../initializers/initialize";
import { open } from "../open";
import { openTrainStep } from "../openTrainStep";
import { descent, squares } from "../../testing/training";
import type { Loss } from "./trainStep";

const [loss, optimizer] = [squares, descent(0.1)];

const numbers = random(1, "predict");
const filled = (...shape: number[]) =>
  tensor("float32", shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => numbers.normal())); // prettier-ignore

/** An image through a nested model with a convolution, its normalization and dropout, to two numbers. */
function network(): ModelConfig {
  const ofMaps = functional("maps");
  const image = ofMaps.input([6, 6, 3], { name: "image" });
  let x = ofMaps.layer("Conv2D", { filters: 4, kernel_size: 3, name: "conv" }, image);
  x = ofMaps.layer("BatchNormalization", { momentum: 0.5, name: "norm" }, x);
  const maps = ofMaps.model(image, ofMaps.layer("Dropout", { rate: 0.5, seed: 1, name: "drop" }, x)); // prettier-ignore
  const net = functional("network");
  const picture = net.input([6, 6, 3], { name: "picture" });
  const flat = net.layer("Flatten", {}, net.nested(maps, picture));
  return net.model(picture, net.layer("Dense", { units: 2, name: "head" }, flat));
}

const apart = (a: Tensor, b: Tensor): number => {
  expect(a.shape).toEqual(b.shape);
  return Math.max(...Array.from(a.data as Float32Array, (value, i) => Math.abs(value - Number(b.data[i])))); // prettier-ignore
};

it.each([
  { engine: "onnx" as const },
  { engine: "onnx" as const, worker: true },
  { engine: "tfjs" as const, device: "cpu" as const },
])("gives what a session with the step's weights gives, by %o", async (place) => {
  const model = network();
  await using step = await openTrainStep(model, initialize(model, { seed: 1 }), { loss, optimizer, verify: false, ...place }); // prettier-ignore
  const [x, other] = [filled(3, 6, 6, 3), filled(5, 6, 6, 3)];
  const before = await step.predict(x);
  for (let i = 0; i < 3; i++) await step.run({ x: filled(4, 6, 6, 3), y: filled(4, 2) });
  await using session = await open(model, await step.weights(), { engine: place.engine });
  const after = await step.predict(x);
  expect(apart(after, await session.predict(x))).toBeLessThan(1e-5);
  expect(apart(await step.predict({ picture: other }), await session.predict(other))).toBeLessThan(1e-5); // prettier-ignore
  expect(apart(after, before)).toBeGreaterThan(0.01);
  // It changes nothing: neither weights nor averages.
  expect(apart(await step.predict(x), after)).toBe(0);
});

it.each(["onnx", "tfjs"] as const)("gives the output of a layer, on engine %s", async (engine) => {
  const model = network();
  const weights = initialize(model, { seed: 1 });
  await using step = await openTrainStep(model, weights, { loss, optimizer, engine, verify: false, ...(engine === "tfjs" && { device: "cpu" }) }); // prettier-ignore
  await step.run({ x: filled(4, 6, 6, 3), y: filled(4, 2) });
  const x = filled(2, 6, 6, 3);
  const maps = await step.predict(x, { of: "maps/conv" });
  expect(maps.shape).toEqual([2, 4, 4, 4]);
  // The first number by hand: a sum over the window, and the bias.
  const now = await step.weights();
  const [kernel, bias] = [now.get("maps/conv/kernel")!.data, now.get("maps/conv/bias")!.data];
  let sum = Number(bias[0]);
  for (let row = 0; row < 3; row++)
    for (let column = 0; column < 3; column++)
      for (let channel = 0; channel < 3; channel++)
        sum += Number(x.data[(row * 6 + column) * 3 + channel]) * Number(kernel[((row * 3 + column) * 3 + channel) * 4]); // prettier-ignore
  expect(maps.data[0]).toBeCloseTo(sum, 5);
  // In inference mode dropout hands its input on.
  const dropped = await step.predict(x, { of: "maps/drop" });
  expect(apart(dropped, await step.predict(x, { of: "maps/norm" }))).toBe(0);
  await expect(step.predict(x, { of: "maps/convolution" })).rejects.toMatchObject({ code: "unknown-name", message: expect.stringContaining("maps/conv") as string }); // prettier-ignore
});

it("follows the updates of a step that shares its weights", async () => {
  const net = functional("drawer");
  const z = net.input([2], { name: "z" });
  const drawn = net.layer("Dense", { units: 3, name: "draws" }, z);
  const drawer = net.model(z, drawn);
  const both = net.model(z, net.layer("Dense", { units: 1, name: "judges" }, drawn));
  await using step = await openTrainStep(both, initialize(both, { seed: 2 }), { loss, optimizer, verify: false }); // prettier-ignore
  await using own = await openTrainStep(drawer, new Map(), { loss, optimizer, verify: false, shareWeightsWith: step }); // prettier-ignore
  const x = filled(4, 2);
  await step.run({ x, y: filled(4, 1) });
  expect(apart(await own.predict(x), await step.predict(x, { of: "draws" }))).toBe(0);
});

it("takes a value of an ONNX graph by its name", async () => {
  const net = functional("two");
  const x = net.input([2], { name: "x" });
  const model = net.model(x, net.layer("Dense", { units: 1, name: "out" }, net.layer("Dense", { units: 3, name: "hidden" }, x))); // prettier-ignore
  const graph = toOnnx(resolve(model), initialize(model, { seed: 3 }));
  const hidden = graph.graph.nodes.flatMap(({ outputs }) => outputs)[0]!;
  await using step = await openTrainStep(graph, { loss, optimizer, verify: false });
  const batch = filled(4, 2);
  await step.run({ x: batch, y: filled(4, 1) });
  expect((await step.predict(batch)).shape).toEqual([4, 1]);
  expect((await step.predict(batch, { of: hidden })).shape).toEqual([4, 3]);
  await expect(step.predict(batch, { of: "none" })).rejects.toThrow(/none/);
});

it("refuses what does not fit", async () => {
  const net = functional("fork");
  const x = net.input([2], { name: "x" });
  const outputs = ["left", "right"].map((name) => net.layer("Dense", { units: 1, name }, x));
  const model = net.model(x, outputs as [(typeof outputs)[0], (typeof outputs)[0]]);
  const step = await openTrainStep(model, initialize(model, { seed: 4 }), { loss, optimizer, verify: false }); // prettier-ignore
  await expect(step.predict(filled(3, 2))).rejects.toThrow(
    'predict: the model has 2 outputs; say with option "of" which of them, by its layer: left, right.',
  );
  expect((await step.predict(filled(3, 2), { of: "right" })).shape).toEqual([3, 1]);
  await expect(step.predict(filled(3, 5), { of: "left" })).rejects.toMatchObject({ code: "bad-shape" }); // prettier-ignore
  await expect(step.predict(filled(3, 2), { layer: "left" } as object)).rejects.toMatchObject({ code: "unknown-option" }); // prettier-ignore
  await step.dispose();
  await expect(step.predict(filled(3, 2))).rejects.toMatchObject({ code: "disposed" });
});

it.each(["onnx", "tfjs", "graph"] as const)("gives probabilities where the loss takes what comes before them, by %s", async (kind) => {
  // As the cross-entropies of @cajal/train have it: the step itself goes without the softmax.
  const crossentropy: Loss = { ...squares, fromLogits: { activation: "softmax", loss: squares } };
  const net = functional("classifier");
  const x = net.input([2], { name: "x" });
  const model = net.model(x, net.layer("Dense", { units: 3, activation: "softmax", name: "out" }, x)); // prettier-ignore
  const weights = initialize(model, { seed: 5 });
  const options = { loss: crossentropy, optimizer, verify: false, device: "cpu" } as const;
  await using step = kind === "graph"
    ? await openTrainStep(toOnnx(resolve(model), weights), options)
    : await openTrainStep(model, weights, { ...options, engine: kind });
  const batch = filled(4, 2);
  await using session = await open(model, weights);
  const expected = await session.predict(batch);
  expect(apart(await step.predict(batch), expected)).toBeLessThan(1e-6);
  expect(apart(await step.predict(batch, { of: "out" }), expected)).toBeLessThan(1e-6);
}); // prettier-ignore
