// Weights are drawn anew wherever exporters put them: read through other nodes, or by recurrent layers.
import { random, tensor } from "@cajal/core";
import { GraphBuilder, type Value } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { openExplainer } from "..";

const numbers = random(3, "weights");
const noise = (shape: readonly number[]) =>
  tensor("float32", shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => numbers.normal())); // prettier-ignore

/** From x [1, 4, 6] to scores [1, 3] by one layer with weights; a bias is no kernel. */
const layers: Readonly<Record<string, (g: GraphBuilder, x: Value) => Value>> = {
  "a dense layer, transposed": (g, x) => {
    const kernel = g.transpose(g.constant(noise([3, 6])), [1, 0]);
    const y = g.add(g.matMul(g.tanh(x), kernel), g.constant(noise([3])));
    return g.reduceMean(g.tanh(y), { axes: [1], keepdims: false });
  },
  "a convolution, reshaped": (g, x) => {
    const kernel = g.reshape(g.constant(noise([3, 24])), [3, 4, 6]);
    return g.reshape(g.tanh(g.conv(g.tanh(x), kernel)), [0, 3]);
  },
  "a recurrent layer": (g, x) => {
    const [w, r] = [g.constant(noise([1, 12, 6])), g.constant(noise([1, 12, 3]))];
    const none = [undefined, undefined, undefined, undefined, undefined] as const;
    const [, last] = g.lstm(g.transpose(x, [1, 0, 2]), w, r, ...none, { hidden_size: 3 });
    return g.reshape(last!, [1, 3]);
  },
};

describe.each(Object.keys(layers))("%s", (name) => {
  it("changes", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [1, 4, 6]);
    g.output(layers[name]!(g, x), "scores");
    await using explainer = await openExplainer(g.build(), { threads: 1 });
    const asked = { metric: "randomisation", of: { method: "saliency", target: 0 } } as const;
    const { figures } = await explainer.measure(noise([1, 4, 6]), { ...asked, depths: [0, 1] });
    const [[same, other]] = figures["similarity"] as [[number, number]];
    expect(same).toBeCloseTo(1, 6);
    expect(other).toBeLessThan(0.9);
    // One layer, of however many kernels.
    const two = explainer.measure(noise([1, 4, 6]), { ...asked, depths: [2] });
    await expect(two).rejects.toMatchObject({ code: "bad-argument" });
  });
});
