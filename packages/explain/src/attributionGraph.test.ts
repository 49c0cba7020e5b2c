// Methods as ONNX files: stock ONNX Runtime gives the same maps.
import { readFileSync } from "node:fs";
import { random, tensor, type Tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { checkModel, decodeModel, encodeModel, GraphBuilder, type OnnxModel } from "@cajal/onnx";
import { initialize } from "@cajal/runtime";
import * as ort from "onnxruntime-node";
import * as web from "onnxruntime-web";
import { afterAll, describe, expect, it } from "vitest";
import { attributionGraph, graphMethods, openExplainer, type MethodName } from ".";
import { difference } from "../testing/reference";

async function run(
  model: OnnxModel,
  feeds: Readonly<Record<string, Tensor>>,
  { InferenceSession, Tensor: OrtTensor }: Pick<typeof ort, "InferenceSession" | "Tensor"> = ort,
) {
  const session = await InferenceSession.create(encodeModel(model), {
    logSeverityLevel: 4,
    intraOpNumThreads: 1, // of graphs this small a second one only waits
  });
  const given = Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
    name,
    new OrtTensor(dtype as "float32", data as Float32Array, [...shape]),
  ]);
  const results = await session.run(Object.fromEntries(given));
  await session.release();
  return (name: string) => {
    const { dims, data } = results[name]!;
    return { shape: [...dims], data: Array.from(data as Float32Array) };
  };
}

const model = decodeModel(readFileSync(new URL("../fixtures/convbn.onnx", import.meta.url)));
const numbers = random(7, "images");
const images = tensor(
  "float32",
  [2, 20, 28, 3],
  Float32Array.from({ length: 3360 }, () => numbers.normal()),
);
const options: Partial<Record<MethodName, object>> = {
  "integrated-gradients": { steps: 5, baseline: 0.25 },
  "deep-lift": { baseline: 0.25 },
  // With other seeds a unit lies on its kink, where the last bit decides.
  smoothgrad: { samples: 3, seed: 1 },
  "smoothgrad-squared": { samples: 3, stdev: 0.2, of: "input-x-gradient" },
  vargrad: { samples: 4, seed: 5 },
};

it("is of a network whose values are named as the graph's own would be", async () => {
  const g = new GraphBuilder();
  const x = g.input("image", "float32", [1, 3, 6, 6]);
  const normal = () => Float32Array.from({ length: 108 }, () => numbers.normal());
  const kernel = tensor("float32", [4, 3, 3, 3], normal());
  const features = g.within("door", () => g.relu(g.add(g.conv(g.mul(x, 0.5), g.constant(kernel)), 0.1))); // prettier-ignore
  g.output(g.reduceMean(features, { axes: [2, 3], keepdims: false }), "door/Sub");
  const named = g.build();
  const names = named.graph.nodes.map(({ outputs }) => outputs[0]);
  expect(names).toEqual(["door/Mul", "door/Conv", "door/Add", "door/Relu", "door/Sub"]);
  const given = { steps: 3, target: 2, dataFormat: "channels_first" } as const;
  const image = tensor("float32", [1, 3, 6, 6], normal());
  const graph = attributionGraph("integrated-gradients", named, given);
  checkModel(graph);
  const result = await run(graph, { image });
  await using explainer = await openExplainer(named, { dataFormat: "channels_first" });
  const { map } = await explainer.attribute(image, { method: "integrated-gradients", steps: 3, target: 2 }); // prettier-ignore
  expect(difference(result("map").data, [...map.data])).toBeLessThan(1e-6);
});

describe("attributionGraph", async () => {
  const explainer = await openExplainer(model);
  afterAll(() => explainer.dispose());

  it.each(graphMethods)("%s", async (method) => {
    const own = options[method] ?? {};
    const graph = attributionGraph(method, model, { batch: 2, target: 3, ...own } as never);
    checkModel(graph);
    const result = await run(graph, { image: images });
    const expected = await explainer.attribute(images, { method, target: 3, ...own } as never);
    expect(result("map").shape).toEqual(expected.map.shape);
    // VarGrad is the difference of two sums of float32 there.
    const least = method === "vargrad" ? 1e-4 : 1e-5;
    expect(difference(result("map").data, Array.from(expected.map.data))).toBeLessThan(least);
    if (expected.cam)
      expect(difference(result("cam").data, Array.from(expected.cam.data))).toBeLessThan(1e-5);
  });

  it.each(graphMethods)("%s in onnxruntime-web", async (method) => {
    const own = options[method] ?? {};
    const graph = attributionGraph(method, model, { batch: 2, target: 3, ...own } as never);
    const expected = (await run(graph, { image: images }))("map");
    const got = (await run(graph, { image: images }, web))("map");
    expect(difference(got.data, expected.data)).toBeLessThan(method === "vargrad" ? 1e-4 : 1e-5);
  });

  it("takes targets as an input, and each image's top class where none is told", async () => {
    const asked = attributionGraph("grad-cam", model, { batch: 2, target: "input" });
    const target = tensor("int64", [2], [4, 1]);
    const map = (await run(asked, { image: images, target }))("map");
    const expected = await explainer.attribute(images, { method: "grad-cam", target: [4, 1] });
    expect(difference(map.data, Array.from(expected.map.data))).toBeLessThan(1e-5);
    const top = await run(attributionGraph("saliency", model, { batch: 2 }), { image: images });
    const own = await explainer.attribute(images, { method: "saliency" });
    expect(difference(top("map").data, Array.from(own.map.data))).toBeLessThan(1e-5);
    const path = attributionGraph("integrated-gradients", model, {
      batch: 2,
      target: "input",
      steps: 3,
    });
    const along = (await run(path, { image: images, target }))("map");
    const integrated = await explainer.attribute(images, { method: "integrated-gradients", target: [4, 1], steps: 3 }); // prettier-ignore
    expect(difference(along.data, Array.from(integrated.map.data))).toBeLessThan(1e-5);
  });

  it("is made of Keras models, images as the graph had them, and probabilities", async () => {
    const net = functional("small");
    const image = net.input([6, 5, 2], { name: "image" });
    const conv = net.layer("Conv2D", { name: "conv", filters: 3, kernel_size: 3, activation: "relu" }, image); // prettier-ignore
    const pool = net.layer("MaxPooling2D", { name: "pool", pool_size: 2 }, conv);
    const flat = net.layer("Flatten", { name: "flatten" }, pool);
    const keras = net.model([image], [net.layer("Dense", { name: "scores", units: 4, activation: "softmax" }, flat)]); // prettier-ignore
    const weights = initialize(keras, { seed: 3 });
    const ask = { output: "softmax", target: 2, dataFormat: "channels_first" } as const;
    const graph = attributionGraph("input-x-gradient", keras, weights, ask);
    const x = tensor("float32", [1, 2, 6, 5], images.data.slice(0, 60));
    await using other = await openExplainer(keras, weights, { dataFormat: "channels_first" });
    const expected = await other.attribute(x, { method: "input-x-gradient", target: 2, output: "softmax" }); // prettier-ignore
    const result = await run(graph, { image: x });
    expect(difference(result("map").data, Array.from(expected.map.data))).toBeLessThan(1e-5);
    expect(result("scores").data.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  });

  it("refuses what is no graph", () => {
    const code = (expected: string) => expect.objectContaining({ code: expected });
    expect(() => attributionGraph("occlusion", model)).toThrow(/grad-cam/);
    expect(() => attributionGraph("integrated-gradients", model)).toThrow(code("bad-argument"));
    expect(() => attributionGraph("saliency", model, { target: 5 })).toThrow(code("bad-argument"));
    expect(() => attributionGraph("grad-cam", model, { layer: "logits" })).toThrow(code("unsupported")); // prettier-ignore
    expect(() => attributionGraph("saliencia" as never, model)).toThrow(code("unknown-name"));
  });
});
