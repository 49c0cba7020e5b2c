// What cannot be explained is refused at once, and says why; what has nothing to be told of is a map of zeros.
import { readFileSync } from "node:fs";
import { isCajalError, tensor, type Tensor } from "@cajal/core";
import { decodeModel, GraphBuilder } from "@cajal/onnx";
import { afterAll, describe, expect, it } from "vitest";
import { attributionGraph, openExplainer } from ".";

const model = decodeModel(readFileSync(new URL("../fixtures/convbn.onnx", import.meta.url)));
const options = { dataFormat: "channels_first", threads: 1 } as const;
const explainer = await openExplainer(model, options);
afterAll(() => explainer.dispose());
const images = (count: number, value: (i: number) => number) =>
  tensor("float32", [count, 3, 20, 28], Float32Array.from({ length: count * 1680 }, (_, i) => value(i))); // prettier-ignore
const x = images(2, Math.sin);
const zero = images(1, () => 0);
const gray = images(1, () => 0.5);
const heat = tensor("float32", [20, 28]);
const array = (length: number) => Array.from({ length }, () => 0);

type Code = "bad-argument" | "bad-shape" | "bad-model" | "unknown-name" | "unknown-option" | "unsupported"; // prettier-ignore

describe("attribute refuses", () => {
  const cases: readonly (readonly [code: Code, options: object, image?: unknown])[] = [
    ["bad-argument", { target: 5 }],
    ["bad-argument", { target: -1 }],
    ["bad-argument", { target: 1.5 }],
    ["bad-argument", { target: "1" }],
    ["bad-argument", { target: null }],
    ["bad-argument", { target: [0, 1, 2] }],
    ["bad-argument", { target: [] }],
    ["bad-argument", { target: [1, undefined] }],
    ["unknown-name", { method: "gradcam" }],
    ["unknown-name", { method: undefined }],
    ["unknown-name", { output: "logits" }],
    ["unknown-option", { abs: true }],
    ["bad-argument", { absolute: "yes" }],
    ["bad-argument", { signal: 3 }],
    ["bad-argument", {}, undefined],
    ["bad-argument", {}, [1, 2]],
    ["bad-argument", {}, { dtype: "float32", shape: [1, 3, 20, 28] }],
    ["bad-argument", {}, { dtype: "float32", shape: [1, 3, 20, 28], data: array(1680) }],
    ["bad-shape", {}, { dtype: "float32", shape: [1, 3, 20, 28], data: new Float32Array(5) }],
    ["bad-argument", {}, tensor("uint8", [1, 3, 20, 28])],
    ["bad-shape", {}, tensor("float32", [1, 20, 28, 3])],
    ["bad-shape", {}, tensor("float32", [0, 3, 20, 28])],
    ["bad-argument", {}, images(1, () => NaN)],
    ["bad-argument", {}, images(1, () => Infinity)],
    ["bad-model", {}, images(1, () => 3e38)],
    ["bad-argument", { method: "integrated-gradients", steps: 0 }],
    ["bad-argument", { method: "integrated-gradients", steps: "5" }],
    ["unknown-name", { method: "integrated-gradients", rule: "simpson" }],
    ["bad-argument", { method: "integrated-gradients", tolerance: -1 }],
    ["bad-argument", { method: "integrated-gradients", baseline: NaN }],
    ["bad-argument", { method: "integrated-gradients", baseline: "zero" }],
    ["bad-shape", { method: "integrated-gradients", baseline: tensor("float32", [3]) }],
    ["unsupported", { method: "grad-cam", layer: "logits" }],
    ["unknown-name", { method: "grad-cam", layer: "relu9" }],
    ["bad-argument", { method: "grad-cam", layer: 3 }],
    ["bad-argument", { method: "layer-conductance" }],
    ["bad-argument", { method: "neuron-gradient", layer: "relu1" }],
    ["bad-argument", { method: "neuron-gradient", layer: "relu1", neuron: [99, 0, 0] }],
    ["bad-argument", {}, { x, y: x }],
    ["unknown-name", { method: "deep-lift", maxima: "rescaled" }],
    ["bad-argument", { method: "occlusion", window: 21 }],
    ["bad-argument", { method: "occlusion", window: 0 }],
    ["bad-argument", { method: "occlusion", window: "3" }],
    ["bad-argument", { method: "occlusion", window: null }],
    ["bad-argument", { method: "occlusion", window: [3, 3, 3, 3, 3] }],
    ["bad-argument", { method: "occlusion", strides: 0 }],
    ["bad-argument", { method: "smoothgrad", samples: 0 }],
    ["bad-argument", { method: "smoothgrad", stdev: NaN }],
    ["bad-argument", { method: "smoothgrad", noise: 3 }],
    ["unknown-name", { method: "smoothgrad", of: "lrp" }],
    ["unknown-option", { method: "smoothgrad", ofOptions: { absolut: true } }],
    ["unknown-option", { method: "smoothgrad", ofOptions: { steps: 3 } }],
    ["bad-argument", { method: "smoothgrad", ofOptions: { absolute: "yes" } }],
    ["bad-argument", { method: "gradient-shap", baselines: [] }],
    ["bad-argument", { method: "gradient-shap", baselines: 3 }],
    ["bad-argument", { method: "gradient-shap", samples: 2, alphaOfSample: [0.5] }],
    ["bad-argument", { method: "gradient-shap", samples: 2, alphaOfSample: [0.5, NaN] }],
    ["bad-argument", { method: "gradient-shap", samples: 2, baselineOfSample: [0, 0, 0] }],
    ...[[], [null], [[1, 2]], [[0.5, 1]], [["1", 0]], [[1]], ["10"]].map(
      (kept) => ["bad-argument", { method: "lime", blocks: [10, 28], kept }] as const,
    ),
    ["bad-argument", { method: "kernel-shap", blocks: [10, 28], kept: [undefined] }],
    ["bad-argument", { method: "feature-ablation", blocks: "4" }],
    ["bad-argument", { method: "feature-ablation", features: 3 }],
    ["bad-argument", { method: "feature-ablation", features: tensor("int32", [2, 2]) }],
    ["bad-argument", { method: "feature-ablation", features: tensor("float32", [20, 28], heat.data.map((_, i) => (i === 0 ? 1e9 : 0))) }], // prettier-ignore
    ["unknown-name", { method: "lrp", rule: "zeta" }],
    ["unknown-name", { method: "lrp", sums: "all" }],
    ["bad-argument", { method: "lrp", rule: "alpha-beta", alpha: NaN }],
  ];
  const calls = cases.map((each) => [each[0], each[1], each.length > 2 ? each[2] : x] as const);
  it.each(calls)("%s: %o", async (code, asked, of) => {
    const error: unknown = await explainer
      .attribute(of as Tensor, { method: "saliency", ...asked } as never)
      .catch((each: unknown) => each);
    expect(isCajalError(error, code), String(error)).toBe(true);
    expect(String(error)).not.toContain("[object Object]");
  });
});

describe("a map of zeros, and no NaN", () => {
  it.each([
    ["deep-lift", { baseline: 0.5 }, gray],
    ["integrated-gradients", { baseline: 0.5 }, gray],
    ["integrated-gradients", { baseline: 0.5, tolerance: 0.01 }, gray],
    ["input-x-gradient", {}, zero],
    ["smoothgrad-squared", { of: "input-x-gradient", samples: 2 }, zero],
    ["occlusion", { baseline: 0.5, window: [20, 28] }, gray],
    ["lime", { baseline: 0.5, blocks: [5, 7] }, gray],
    ["kernel-shap", { baseline: 0.5, blocks: [10, 14] }, gray],
  ] as const)("%s %o", async (method, asked, image) => {
    const { map } = await explainer.attribute(image, { method, ...asked } as never);
    expect(map.data.every((value) => Math.abs(value) < 1e-6)).toBe(true);
  });

  it.each(["grad-cam", "xgrad-cam", "grad-cam-plus-plus", "score-cam", "eigen-cam", "full-grad", "lrp"] as const)("%s of a constant image is finite", async (method) => {
    const { map } = await explainer.attribute(zero, { method });
    expect(map.data.every(Number.isFinite)).toBe(true);
  }); // prettier-ignore

  it.each([
    ["road", {}],
    ["deletion-insertion", {}],
    ["complexity", {}],
    ["localisation", { box: [0, 0, 20, 28] }],
  ] as const)("%s of a constant map is finite", async (metric, asked) => {
    const { figures, random } = await explainer.measure(gray, { metric, heat, ...asked } as never);
    expect(JSON.stringify([figures, random])).not.toContain("null");
  });
});

describe("other calls refuse", () => {
  const measured = (asked: object) => () => explainer.measure(zero, asked as never);
  const calls: readonly (readonly [Code, string, () => unknown])[] = [
    ["unknown-name", "a metric that is not known", measured({ metric: "rode" })],
    ["bad-argument", "a metric without heat", measured({ metric: "road" })],
    ["bad-argument", "heat that is no number", measured({ metric: "road", heat: tensor("float32", [20, 28], heat.data.map(() => NaN)) })], // prettier-ignore
    ["bad-shape", "heat of another shape", measured({ metric: "road", heat: tensor("float32", [20, 20]) })], // prettier-ignore
    ["bad-argument", "a percentile of 120", measured({ metric: "road", heat, percentiles: [120] })],
    ["bad-argument", "percentiles that are no list", measured({ metric: "road", heat, percentiles: 20 })], // prettier-ignore
    ["bad-argument", "no control", measured({ metric: "road", heat, control: [] })],
    ["bad-argument", "a seed that is no number", measured({ metric: "road", heat, seed: "a" })],
    ["bad-argument", "steps of no pixel", measured({ metric: "deletion-insertion", heat, pixelsPerStep: 0 })], // prettier-ignore
    ["bad-argument", "no box", measured({ metric: "localisation", heat })],
    ["bad-argument", "a box upside down", measured({ metric: "localisation", heat, box: [5, 5, 3, 9] })], // prettier-ignore
    ["bad-argument", "a box that is a number", measured({ metric: "localisation", heat, box: 5 })],
    [
      "bad-argument",
      "a box that is a word",
      measured({ metric: "localisation", heat, box: "all" }),
    ],
    ["bad-argument", "a box of half pixels", measured({ metric: "localisation", heat, box: [0, 0, 1.5, 2] })], // prettier-ignore
    ["bad-argument", "conductance in 7n steps", () => explainer.attribute(x, { method: "layer-conductance", layer: "relu1", steps: 7n as never })], // prettier-ignore
    ["bad-argument", "maximizing an image that is a word", () => explainer.maximize({ target: 1, image: "" as never })], // prettier-ignore
    ["bad-argument", "infidelity of NaN", measured({ metric: "infidelity", attributions: images(1, () => NaN) })], // prettier-ignore
    ["bad-shape", "infidelity of nothing", measured({ metric: "infidelity" })],
    ["bad-argument", "more layers than there are", measured({ metric: "randomisation", of: { method: "saliency" }, depths: [99] })], // prettier-ignore
    ["unknown-name", "randomisation of nothing", measured({ metric: "randomisation" })],
    ["bad-argument", "sensitivity of nothing", measured({ metric: "sensitivity-max" })],
    ["bad-argument", "a baseline of NaN", () => explainer.attribute(x, { method: "integrated-gradients", baseline: images(1, () => NaN) })], // prettier-ignore
    ["bad-argument", "noise without end", () => explainer.attribute(x, { method: "smoothgrad", noise: images(2, () => Infinity) })], // prettier-ignore
    ["bad-argument", "an attack without options", () => explainer.attack(x, undefined as never)],
    ["bad-argument", "an attack of no size", () => explainer.attack(x, { method: "fgsm", epsilon: NaN, target: 0 })], // prettier-ignore
    ["bad-argument", "maximizing nothing", () => explainer.maximize(undefined as never)],
    ["bad-argument", "maximizing class 77", () => explainer.maximize({ target: 77 })],
    ["unknown-name", "maximizing by an optimizer that is not known", () => explainer.maximize({ target: 1, optimizer: "Adam" as never })], // prettier-ignore
    ["bad-argument", "maximizing half a pixel", () => explainer.maximize({ layer: "relu1", channel: 0, position: [0.5, 0.5] })], // prettier-ignore
    ["bad-argument", "maximizing a place that is a number", () => explainer.maximize({ layer: "relu1", channel: 0, position: 5 as never })], // prettier-ignore
    ["bad-argument", "maximizing one of a row of units", () => explainer.maximize({ layer: "relu1", channel: 0, position: [5] as never })], // prettier-ignore
    ["bad-argument", "maximizing a class and a layer", () => explainer.maximize({ layer: "relu1", channel: 0, target: 1 })], // prettier-ignore
    ["bad-argument", "maximizing a channel of no layer", () => explainer.maximize({ channel: 0, target: 1 })], // prettier-ignore
    ["bad-argument", "maximizing between 1 and 0", () => explainer.maximize({ target: 1, low: 1, high: 0 })], // prettier-ignore
    ["bad-argument", "maximizing from NaN on", () => explainer.maximize({ target: 1, low: NaN })],
    ["bad-argument", "maximizing from a word on", () => explainer.maximize({ target: 1, low: "0" as never })], // prettier-ignore
    ["bad-argument", "maximizing with a gradient that is perhaps normal", () => explainer.maximize({ target: 1, normalizeGradient: "no" as never })], // prettier-ignore
    ["bad-argument", "maximizing until 5", () => explainer.maximize({ target: 1, signal: 5 as never })], // prettier-ignore
    ["bad-argument", "an attack until 5", () => explainer.attack(x, { target: 0, signal: 5 as never })], // prettier-ignore
    ["bad-argument", "an attack that tells 5", () => explainer.attack(x, { target: 0, onProgress: 5 as never })], // prettier-ignore
    ["bad-argument", "an attack between words", () => explainer.attack(x, { target: 0, low: "0" as never })], // prettier-ignore
    ["unknown-name", "an attack that is not known", () => explainer.attack(x, { target: 0, method: "FGSM" as never })], // prettier-ignore
    ["bad-argument", "scores until 5", () => explainer.scores(x, { signal: 5 as never })],
    ["bad-argument", "maximizing in no step", () => explainer.maximize({ target: 1, steps: 0 })],
    ["bad-argument", "scores of nothing", () => explainer.scores(undefined as never)],
    ["bad-argument", "no model", () => openExplainer(undefined as never)],
    ["bad-argument", "no thread", () => openExplainer(model, { ...options, threads: 0 }).then((one) => one.scores(zero))], // prettier-ignore
    ["bad-argument", "no memory", () => openExplainer(model, { memory: 0 })],
    ["unknown-name", "a layout that is not known", () => openExplainer(model, { dataFormat: "NCHW" as never })], // prettier-ignore
    ["unknown-name", "a graph of images that lie otherwise", () => attributionGraph("saliency", model, { dataFormat: "NCHW" as never })], // prettier-ignore
    ["bad-argument", "a graph of a perhaps absolute map", () => attributionGraph("saliency", model, { absolute: "yes" as never })], // prettier-ignore
    ["bad-argument", "a graph against NaN", () => attributionGraph("deep-lift", model, { baseline: NaN, target: 0 })], // prettier-ignore
    ["unknown-option", "a graph of a method smoothed with other options", () => attributionGraph("smoothgrad", model, { target: 0, ofOptions: { absolut: true } as never })], // prettier-ignore
    ["unknown-name", "a graph of no method", () => attributionGraph("foo" as never, model)],
    ["bad-argument", "a graph of no step", () => attributionGraph("integrated-gradients", model, { steps: 0 })], // prettier-ignore
  ];
  it.each(calls)("%s: %s", async (code, _, call) => {
    const error: unknown = await (async () => call())().catch((each: unknown) => each);
    expect(isCajalError(error, code), String(error)).toBe(true);
  });

  it("weights that are no numbers", async () => {
    const { graph } = model;
    const initializers = new Map(graph.initializers);
    for (const [name, value] of initializers)
      if ("data" in value && value.dtype === "float32" && value.shape.length === 4)
        initializers.set(name, { ...value, data: new Float32Array(value.data.length).fill(NaN) });
    await using other = await openExplainer({ ...model, graph: { ...graph, initializers } }, options); // prettier-ignore
    const map = other.attribute(x, { method: "grad-cam", target: 1 });
    await expect(map).rejects.toMatchObject({ code: "bad-model" });
  });

  it("norms of zeros as PyTorch exports LPPool2d, which have no gradient; what runs forwards takes them", async () => {
    const g = new GraphBuilder();
    const image = g.input("image", "float32", ["batch", 1, 4, 4]);
    const means = g.averagePool(g.mul(image, image), { kernel_shape: [2, 2], strides: [2, 2] });
    g.output(g.reshape(g.pow(g.mul(means, 4), 0.5), [0, -1]), "scores");
    await using explainer = await openExplainer(g.build(), options);
    const zeros = tensor("float32", [1, 1, 4, 4]);
    const saliency = explainer.attribute(zeros, { method: "saliency", target: 0 });
    await expect(saliency).rejects.toMatchObject({ code: "bad-model", facts: { value: "image" } });
    const { map } = await explainer.attribute(zeros, { method: "occlusion", target: 0, baseline: 1, window: 2, strides: 2 }); // prettier-ignore
    // √(1 + 1 + 1 + 1) = 2 is gained in the first window.
    expect(Array.from(map.data).slice(0, 4)).toEqual([-2, -2, 0, 0]);
  });
});

it("refuses an engine that runs no graphs, wherever the options stand", async () => {
  const openAny = openExplainer as (...args: unknown[]) => ReturnType<typeof openExplainer>;
  for (const args of [[{ engine: "tfjs" }], [undefined, { engine: "tfjs" }]])
    await expect(openAny(model, ...args)).rejects.toMatchObject({ code: "unsupported" });
});
