// Ways on which there is nothing to differentiate: maps of zeros would look as if the network saw nothing.
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { GraphBuilder } from "@cajal/onnx";
import { initialize } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { attributionGraph, openExplainer } from "..";
import { numbers } from "../../testing/numbers";

const unsupported = (message: RegExp) => ({
  code: "unsupported",
  message: expect.stringMatching(message),
});

describe("a quantized network", async () => {
  /** Scores: sums over pixels of what of a convolution's output is positive, rounded to tenths. */
  const quantized = (isDynamic: boolean) => {
    const g = new GraphBuilder();
    const x = g.input("image", "float32", ["batch", 2, 5, 5]);
    const maps = g.relu(g.conv(x, g.constant(numbers([3, 2, 3, 3]))));
    const [tenth, zero] = [g.scalar("float32", 0.1), g.constant(tensor("uint8", [], [0]))];
    const [rounded, scale, zeroPoint] = isDynamic ? g.dynamicQuantizeLinear(maps) : [g.quantizeLinear(maps, tenth, zero), tenth, zero]; // prettier-ignore
    const again = g.dequantizeLinear(rounded!, scale!, zeroPoint!);
    g.output(g.reduceSum(again, { axes: [2, 3], keepdims: false }), "scores");
    return g.build();
  };
  const image = numbers([2, 5, 5, 2], 3);

  it.each([
    [false, "saliency"],
    [false, "integrated-gradients"],
    [true, "saliency"],
    [true, "integrated-gradients"],
    [true, "deep-lift"],
  ] as const)("has no slope: dynamic %s, %s", async (isDynamic, method) => {
    await using explainer = await openExplainer(quantized(isDynamic), { threads: 1 });
    const result = explainer.attribute(image, { method, target: 1 });
    await expect(result).rejects.toMatchObject(unsupported(/quantized: node .*QuantizeLinear/));
    const graph = () => attributionGraph(method, quantized(isDynamic), { target: 1 });
    expect(graph).toThrow(expect.objectContaining(unsupported(/quantized/)));
  });

  it.each(["eigen-cam", "score-cam", "occlusion"] as const)("has %s", async (method) => {
    await using explainer = await openExplainer(quantized(false), { threads: 1 });
    const { map } = await explainer.attribute(image, { method, target: 1 });
    expect(map.data.some((value) => value !== 0)).toBe(true);
  });
});

describe("a network of tokens", async () => {
  const net = functional("tokens");
  const input = net.input([4], { name: "tokens" });
  const embedding = net.layer("Embedding", { name: "embedding", input_dim: 9, output_dim: 3 }, input); // prettier-ignore
  const pool = net.layer("GlobalAveragePooling1D", { name: "pool" }, embedding);
  const model = net.model([input], [net.layer("Dense", { name: "scores", units: 2 }, pool)]);
  const weights = initialize(model, { seed: 2 });
  const tokens = tensor("float32", [2, 4], [1, 5, 0, 8, 3, 3, 2, 7]);

  it.each(["onnx", "tfjs"] as const)("has no slope by these, on engine %s", async (engine) => {
    await using explainer = await openExplainer(model, weights, { engine });
    const asked = { method: "saliency", target: 0 } as const;
    await expect(explainer.attribute(tokens, asked)).rejects.toMatchObject(unsupported(/tokens/));
    const neuron = explainer.attribute(tokens, { method: "neuron-gradient", layer: "pool", neuron: [0] }); // prettier-ignore
    await expect(neuron).rejects.toMatchObject(unsupported(/input to layer "pool"/));
    const layer = await explainer.attribute(tokens, { method: "layer-integrated-gradients", layer: "embedding", target: 0 }); // prettier-ignore
    for (const delta of layer.delta!) expect(Math.abs(delta)).toBeLessThan(1e-5);
    const ablated = await explainer.attribute(tokens, { method: "feature-ablation", target: 0 });
    expect(ablated.map.data.some((value) => value !== 0)).toBe(true);
  });
});

it("a layer behind the logits is not on their way", async () => {
  const net = functional("softmax");
  const input = net.input([4], { name: "input" });
  const model = net.model([input], [net.layer("Dense", { name: "scores", units: 3, activation: "softmax" }, input)]); // prettier-ignore
  await using explainer = await openExplainer(model, initialize(model, { seed: 2 }), { threads: 1 }); // prettier-ignore
  const asked = { method: "layer-gradient-x-activation", layer: "scores", target: 1 } as const;
  const result = explainer.attribute(numbers([2, 4]), asked);
  await expect(result).rejects.toMatchObject(
    unsupported(/logits do not depend on the probabilities/),
  );
  const { map } = await explainer.attribute(numbers([2, 4]), { ...asked, output: "probability" });
  expect(map.data[1]).toBeGreaterThan(0);
  expect([map.data[0], map.data[2]]).toEqual([0, 0]);
});
