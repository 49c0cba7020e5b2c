// What a network looks at, epoch after epoch: the maps that its weights of then give.
import { random, tensor, type Weights } from "@cajal/core";
import { functional } from "@cajal/models";
import { decodeModel, withInitializers, type OnnxModel } from "@cajal/onnx";
import { initialize } from "@cajal/runtime";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { mapHistory, openExplainer } from ".";

const numbers = random(3, "images");
const images = tensor("float32", [2, 6, 5, 1], Float32Array.from({ length: 60 }, () => numbers.normal())); // prettier-ignore
const net = functional("small");
const image = net.input([6, 5, 1]);
const conv = net.layer("Conv2D", { name: "conv", filters: 3, kernel_size: 3, activation: "relu" }, image); // prettier-ignore
const flat = net.layer("Flatten", {}, conv);
const model = net.model([image], [net.layer("Dense", { units: 3, activation: "softmax" }, flat)]);
const event = (epoch: number, weights: Weights) => ({ epoch, weights: async () => weights });

it("keeps the maps of every epoch's own weights", async () => {
  const history = mapHistory(model, images, { of: { method: "saliency", target: [2, 0] }, every: 2 }); // prettier-ignore
  await expect(history.figure()).rejects.toThrow(expect.objectContaining({ code: "bad-argument" }));
  const weights = [1, 2, 3].map((seed) => initialize(model, { seed }));
  for (const [epoch, each] of weights.entries()) await history.add(event(epoch, each));
  expect(history.frames.map(({ epoch }) => epoch)).toEqual([0, 2]);
  await using explainer = await openExplainer(model, weights[2]!);
  const { map } = await explainer.attribute(images, { method: "saliency", target: [2, 0] });
  expect(history.frames[1]!.map).toEqual(map);
  const scores = await explainer.scores(images, { output: "softmax" });
  expect(history.frames[1]!.probabilities).toEqual([scores.data[2], scores.data[3]]);
  const svg = await history.figure();
  // Two images, each with its picture and two maps.
  expect(svg.match(/<image /g)).toHaveLength(6);
  expect(svg).toContain(`Epoch 3: ${scores.data[2]!.toFixed(2)}`);
});

it("takes ONNX graphs, whose weights are initializers", async () => {
  const graph: OnnxModel = decodeModel(readFileSync(new URL("../fixtures/convbn.onnx", import.meta.url))); // prettier-ignore
  const rgb = tensor("float32", [1, 20, 28, 3], Float32Array.from({ length: 1680 }, () => numbers.normal())); // prettier-ignore
  const history = mapHistory(graph, rgb);
  const weights: Weights = new Map(
    [...graph.graph.initializers].flatMap(
      ([name, value]) =>
      value.dtype === "float32" && value.shape.length === 4 ? [[name, tensor("float32", value.shape)] as const] : [], // prettier-ignore
    ),
  );
  await history.add(event(0, new Map()));
  await history.add(event(1, weights));
  await using explainer = await openExplainer(withInitializers(graph, weights));
  const { map } = await explainer.attribute(rgb, { method: "grad-cam" });
  expect(history.frames[1]!.map).toEqual(map);
  expect(history.frames[0]!.map).not.toEqual(map);
});

it("draws one image that lies channels first", async () => {
  const drawn = async (dataFormat: "channels_first" | "channels_last", shape: number[]) => {
    const history = mapHistory(model, tensor("float32", shape, images.data.slice(0, 30)), { dataFormat, of: { method: "saliency", target: 2 } }); // prettier-ignore
    await history.add(event(0, initialize(model, { seed: 1 })));
    return history.figure();
  };
  // Of one channel both ways are the same numbers.
  expect(await drawn("channels_first", [1, 6, 5])).toBe(await drawn("channels_last", [6, 5, 1]));
});
