// Sums of gradients that are taken behind a network's first, affine part are those of the gradients by the image.
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { GraphBuilder, type OnnxModel, type Value } from "@cajal/onnx";
import { initialize } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { numbers } from "../../../testing/numbers";
import { openExplainer, type Explainer } from "../..";
import { explainedKeras } from "../../network/explainedKeras";
import { explainedOnnx } from "../../network/explainedOnnx";
import { quadrature } from "./quadrature";

type Weight = (...shape: number[]) => Value;
type Body = (g: GraphBuilder, x: Value, w: Weight) => Value;

/** A classifier of images [3, 21, 17]. */
function classifier(body: Body, batch: number | string = "batch"): OnnxModel {
  const g = new GraphBuilder();
  const image = g.input("image", "float32", [batch, 3, 21, 17]);
  let seed = 7;
  const w = (...shape: number[]) => g.constant(numbers(shape, (seed += 2)));
  const map = g.relu(body(g, image, w));
  const flat = g.globalAveragePool(g.conv(map, w(5, 8, 3, 3)));
  g.output(g.matMul(g.reshape(flat, [0, 5]), w(5, 4)), "scores");
  return g.build();
}

const strided = { pads: [3, 3, 3, 3], strides: [2, 2] } as const;
const conv = (g: GraphBuilder, x: Value, w: Weight) => g.conv(x, w(8, 3, 7, 7), w(8), strided);
const normalized = (g: GraphBuilder, x: Value, w: Weight) =>
  g.batchNormalization(x, w(8), w(8), w(8), g.constant(tensor("float32", [8], [1, 2, 3, 4, 1, 2, 3, 4]))); // prettier-ignore

const steps = 7;
const images = numbers([3, 3, 21, 17], 3);

/** Integrated gradients from a baseline of 0.25, as a sum of the gradients at each of the points. */
async function ofEachPoint(explainer: Explainer): Promise<Float64Array> {
  const { alphas, weights } = quadrature("gausslegendre", steps);
  const sum = new Float64Array(images.data.length);
  for (const [k, a] of alphas.entries()) {
    const point = tensor("float32", images.shape, images.data.map((x) => 0.25 + a * (x - 0.25))); // prettier-ignore
    const { map } = await explainer.attribute(point, { method: "saliency", target: [2, 0, 3] });
    sum.forEach((_, i) => (sum[i]! += weights[k]! * map.data[i]! * (images.data[i]! - 0.25)));
  }
  return sum;
}

async function compare(explainer: Explainer): Promise<void> {
  const progress: number[] = [];
  const { map } = await explainer.attribute(images, {
    method: "integrated-gradients",
    steps,
    baseline: 0.25,
    target: [2, 0, 3],
    onProgress: ({ done, total }) => void (total === 3 * steps && progress.push(done)),
  });
  const expected = await ofEachPoint(explainer);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(1e-3);
  const off = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - map.data[i]!)), 0); // prettier-ignore
  expect(off / largest).toBeLessThan(2e-6);
  expect(progress.at(-1)).toBe(3 * steps);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
}

describe("gradients added up behind the stem", () => {
  it.each<[string, Body, batch?: number]>([
    ["a convolution", conv],
    ["with its normalization", (g, x, w) => normalized(g, conv(g, x, w), w)],
    ["behind arithmetic and margins", (g, x, w) => conv(g, g.pad(g.div(g.sub(x, w(3, 1, 1)), g.constant(tensor("float32", [], [2]))), { pads: [0, 0, 1, 2, 0, 0, 0, 1] }), w)], // prettier-ignore
    ["two images at once", conv, 2],
  ])("%s", async (_, body, batch) => {
    const model = classifier(body, batch);
    expect(explainedOnnx(model).stem).toBeDefined();
    await using explainer = await openExplainer(model, { dataFormat: "channels_first" });
    await compare(explainer);
  });

  it.each([
    ["onnx", "linear"],
    ["tfjs", "linear"],
    // Its stem ends within a layer.
    ["onnx", "relu"],
    ["tfjs", "relu"],
  ] as const)("in a Keras model on %s, %s", async (engine, activation) => {
    const net = functional("stem");
    const image = net.input([21, 17, 3]);
    const first = net.layer(
      "Conv2D",
      { filters: 4, kernel_size: 7, strides: 2, activation },
      image,
    );
    const bent = net.layer("ReLU", {}, net.layer("BatchNormalization", {}, first));
    const flat = net.layer("Flatten", {}, bent);
    const model = net.model(image, net.layer("Dense", { units: 4 }, flat));
    const weights = initialize(model, { seed: 2 });
    expect(explainedKeras(model, weights, undefined).stem).toBeDefined();
    await using explainer = await openExplainer(model, weights, {
      dataFormat: "channels_first",
      engine,
    });
    await compare(explainer);
  });

  it.each<[string, Body, batch?: number]>([
    ["bends at once", (g, x, w) => conv(g, g.relu(x), w)],
    ["has a second way from the image", (g, x, w) => g.add(conv(g, x, w), g.reduceMean(x, { axes: [1, 2, 3], keepdims: true }))], // prettier-ignore
    ["differs from example to example", (g, x, w) => conv(g, g.mul(x, w(2, 1, 1, 1)), w), 2],
    ["costs little", (g, x, w) => g.conv(x, w(8, 3, 3, 3))],
  ])("are not where it %s", async (_, body, batch) => {
    const model = classifier(body, batch);
    expect(explainedOnnx(model).stem).toBeUndefined();
    if (batch !== undefined) return;
    await using explainer = await openExplainer(model, { dataFormat: "channels_first" });
    await compare(explainer);
  });
});
