// Windows and blocks of what is no image: rows of numbers, sequences, volumes. Of a linear score, Σ w x, a part is worth the sum of
// its w x.
import { sizeOf, tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { GraphBuilder } from "@cajal/onnx";
import { expect, it } from "vitest";
import { openExplainer, type AttributeOptions } from "../..";
import { numbers } from "../../../testing/numbers";

/** What every element of an input of that shape is worth, of the parts that `partOf` tells, as Keras or as a graph takes it. */
async function expectParts(
  shape: readonly number[],
  options: object,
  partOf: (place: readonly number[]) => unknown,
  isKeras = true,
) {
  const n = sizeOf(shape);
  const [x, w] = [numbers([1, ...shape], 3), numbers([n, 1], 5)];
  await using explainer = isKeras ? await opened(shape, w) : await openedGraph(shape, w);
  const { map } = await explainer.attribute(x, { target: 0, ...options } as AttributeOptions);
  const places = Array.from(x.data, (_, i) => shape.map((extent, axis) => Math.floor(i / sizeOf(shape.slice(axis + 1))) % extent)); // prettier-ignore
  const parts = places.map((place) => JSON.stringify(partOf(place)));
  const worth = new Map<string, number>();
  parts.forEach((part, i) => worth.set(part, (worth.get(part) ?? 0) + x.data[i]! * w.data[i]!));
  expect(Array.from(map.data)).toEqual(parts.map((part) => expect.closeTo(worth.get(part)!, 4)));
}

function opened(shape: readonly number[], w: ReturnType<typeof numbers>) {
  const net = functional("linear");
  const input = net.input([...shape]);
  const flat = net.layer("Flatten", {}, input);
  const scores = net.layer("Dense", { name: "scores", units: 1, use_bias: false }, flat);
  return openExplainer(net.model([input], [scores]), new Map([["scores/kernel", w]]), { threads: 1 }); // prettier-ignore
}

function openedGraph(shape: readonly number[], w: ReturnType<typeof numbers>) {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["batch", ...shape]);
  g.output(g.matMul(g.reshape(x, [0, -1]), g.constant(w)), "scores");
  return openExplainer(g.build(), { threads: 1 });
}

it.each([
  ["feature-ablation", {}],
  ["shapley-values", {}],
  ["kernel-shap", {}],
  ["lime", { alpha: 0 }],
  ["occlusion", {}],
] as const)("%s of a row of numbers takes each by itself", (method, options) =>
  expectParts([5], { method, ...options }, ([i]) => i),
);

it.each([
  [{ window: 3, strides: 3 }],
  [{ window: [3], strides: [3] }],
  [{ window: [3, 2], strides: [3, 2] }],
])("windows of steps, all channels in them: %j", (options) =>
  expectParts([6, 2], { method: "occlusion", ...options }, ([step]) => Math.floor(step! / 3)),
);

it("blocks of steps, and of any shape", async () => {
  const method = "feature-ablation";
  await expectParts([6, 2], { method }, ([step]) => Math.floor(step! / 2));
  await expectParts([6, 2], { method, blocks: [4] }, ([step]) => Math.floor(step! / 4));
  await expectParts([6, 2], { method, blocks: [3, 1] }, ([step, channel]) => [Math.floor(step! / 3), channel]); // prettier-ignore
  const features = tensor("float32", [6], [0, 1, 1, 2, 0, 2]);
  await expectParts([6, 2], { method, features }, ([step]) => features.data[step!]);
});

it("blocks of volumes, whose channels lie last in Keras", () =>
  expectParts([4, 8, 4, 2], { method: "feature-ablation" }, ([z, y, x]) => [z, Math.floor(y! / 2), x])); // prettier-ignore

it("of graphs the channels are the first axis", async () => {
  await expectParts([2, 6], { method: "feature-ablation" }, ([, step]) => Math.floor(step! / 2), false); // prettier-ignore
  const features = tensor("float32", [6], [0, 1, 1, 2, 0, 2]);
  await expectParts([2, 6], { method: "feature-ablation", features }, ([, step]) => features.data[step!], false); // prettier-ignore
  await expectParts([2, 6], { method: "occlusion", window: [3], strides: [3] }, ([, step]) => Math.floor(step! / 3), false); // prettier-ignore
});
