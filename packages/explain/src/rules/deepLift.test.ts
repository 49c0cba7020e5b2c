// DeepLIFT through products of two values of the image, by hand: of a b each factor has the mean of the other one.
import { tensor } from "@cajal/core";
import { GraphBuilder, type Value } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { openExplainer } from "..";

type Batch = number | "batch";

/** A network of x, [batch, 2]. */
function network(scores: (g: GraphBuilder, x: Value) => Value, batch: Batch = "batch", name = "x") {
  const g = new GraphBuilder();
  g.output(scores(g, g.input(name, "float32", [batch, 2])), "scores");
  return g.build();
}

const x = tensor("float32", [1, 2], [1, 2]);
const baseline = tensor("float32", [1, 2], [3, -1]);

/** x xᵀ, flattened: x₀², x₀ x₁, x₁ x₀, x₁². */
const outer = (g: GraphBuilder, of: Value) =>
  g.reshape(g.matMul(g.reshape(of, [0, 2, 1]), g.reshape(of, [0, 1, 2])), [0, 4]);

/** 2 x xᵀ + 3 (x₀ + x₁) */
const squares = (g: GraphBuilder, of: Value) => {
  const sum = g.reduceSum(of, { axes: [1], keepdims: true });
  return g.gemm(of, of, sum, { transB: 1, alpha: 2, beta: 3 });
};

describe("products of two moving values", () => {
  it.each([
    // x₀ x₁: ½ (2 − 1) (1 − 3) and ½ (1 + 3) (2 + 1).
    ["MatMul", network(outer), 1, [-1, 6]],
    // (2 (xᵢ + bᵢ) + 3) (xᵢ − bᵢ)
    ["Gemm", network(squares, 1), 0, [-22, 15]],
    ["Mul", network((g, of) => g.mul(of, of)), 1, [0, 3]],
  ] as const)("%s", async (_, model, target, expected) => {
    await using explainer = await openExplainer(model, { threads: 1 });
    const { map, delta } = await explainer.attribute(x, { method: "deep-lift", target, baseline });
    expect(Array.from(map.data)).toEqual(expected.map((value) => expect.closeTo(value, 5)));
    expect(delta![0]).toBeCloseTo(0, 5);
  });

  it("a slope that moves is refused", async () => {
    const model = network((g, of) => g.pRelu(of, g.reduceSum(of, { axes: [1], keepdims: true })));
    await using explainer = await openExplainer(model, { threads: 1 });
    const map = explainer.attribute(x, { method: "deep-lift", target: 0, baseline });
    await expect(map).rejects.toMatchObject({ code: "unsupported", facts: { op: "PRelu" } });
  });
});

it.each(["deep-lift", "layer-deep-lift"] as const)(
  "%s of a network whose image is called reference",
  async (method) => {
    const model = network((g, of) => g.relu(of), "batch", "reference");
    await using explainer = await openExplainer(model, { threads: 1 });
    const layer = explainer.layers[0]!.name;
    const { map } = await explainer.attribute(x, { method, target: 0, baseline: 0.5, layer });
    expect(Array.from(map.data)).toEqual([0.5, 0]);
  },
);
