// What ONNX graphs are explained, and what of them are scores.
import { tensor } from "@cajal/core";
import { GraphBuilder, type Value } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { openExplainer } from "..";
import { numbers } from "../../testing/numbers";

describe("one score for each image, without an axis of classes", () => {
  // z = 2 x₀ − x₁; of (1, 1) it is 1, of (0, 3) it is −3.
  const opened = (ends: (g: GraphBuilder, z: Value) => Value, batch: number | "batch") => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [batch, 2]);
    const z = g.matMul(x, g.constant(tensor("float32", [2, 1], [2, -1])));
    g.output(ends(g, z), "y");
    return openExplainer(g.build(), { threads: 1 });
  };
  const squeezed = (g: GraphBuilder, z: Value) => g.squeeze(z, [1]);
  const x = tensor("float32", [2, 2], [1, 1, 0, 3]);

  it.each(["batch", 1, 2] as const)("of a batch of %s", async (batch) => {
    await using explainer = await opened(squeezed, batch);
    expect(explainer.classes).toBe(1);
    const scores = await explainer.scores(x);
    expect([scores.shape, [...scores.data]]).toEqual([
      [2, 1],
      [1, -3],
    ]);
    const { map, delta } = await explainer.attribute(x, { method: "integrated-gradients" });
    [2, -1, 0, -3].forEach((value, i) => expect(map.data[i]).toBeCloseTo(value, 5));
    for (const missing of delta!) expect(missing).toBeCloseTo(0, 5);
  });

  it("behind a sigmoid", async () => {
    await using explainer = await opened((g, z) => squeezed(g, g.sigmoid(z)), "batch");
    expect([...(await explainer.scores(x)).data]).toEqual([1, -3]);
    const { data } = await explainer.scores(x, { output: "probability" });
    [1, -3].forEach((z, i) => expect(data[i]).toBeCloseTo(1 / (1 + Math.exp(-z)), 6));
  });
});

describe("a graph that was exported for training", () => {
  const graph = (isDropout: boolean, ratio = 0.5) => {
    const g = new GraphBuilder();
    const x = g.input("image", "float32", ["batch", 2, 3, 3]);
    const two = (value: number) => g.constant(tensor("float32", [2], [value, value]));
    const y = isDropout
      ? g.dropout(x, { ratio, training_mode: true })
      : g.ops("BatchNormalization", [x, two(1), two(0), two(0), two(1)], { training_mode: 1 }, { outputs: 3 })[0]!; // prettier-ignore
    g.output(g.reduceMean(y, { axes: [2, 3], keepdims: false }), "scores");
    return g.build();
  };

  it.each([true, false])("is refused: dropout %s", async (isDropout) => {
    const expected = { code: "unsupported", message: expect.stringMatching(/training mode/) };
    await expect(openExplainer(graph(isDropout))).rejects.toMatchObject(expected);
  });

  it("is explained where nothing is dropped", async () => {
    await using explainer = await openExplainer(graph(true, 0), { threads: 1 });
    const { map } = await explainer.attribute(numbers([3, 3, 2]), { method: "saliency", target: 1 }); // prettier-ignore
    expect(map.data[1]).toBeCloseTo(1 / 9, 6);
  });
});

it("matrices of attention are no maps, of as many tokens as a map has rows", async () => {
  const g = new GraphBuilder();
  const x = g.input("image", "float32", ["batch", 2, 4, 4]);
  const maps = g.relu(g.conv(x, g.constant(numbers([3, 2, 1, 1]))));
  // Four tokens, one for each 2 × 2 pixels.
  const pooled = g.op("AveragePool", [maps], { kernel_shape: [2, 2], strides: [2, 2] });
  const tokens = g.transpose(g.reshape(pooled, [0, 1, 3, 4]), [0, 1, 3, 2]);
  const scores = g.softmax(g.mul(g.matMul(tokens, g.transpose(tokens, [0, 1, 3, 2])), 0.5));
  g.output(g.reduceMean(g.matMul(scores, tokens), { axes: [1, 2], keepdims: false }), "scores");
  await using explainer = await openExplainer(g.build(), { threads: 1 });
  expect(explainer.mapLayer).toBe(maps.name);
});
