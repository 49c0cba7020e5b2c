// Dense layers on images that lie channels last, as PyTorch's Linear behind a permutation.
import { tensor } from "@cajal/core";
import { GraphBuilder } from "@cajal/onnx";
import { expect, it } from "vitest";
import { openExplainer } from "..";

it.each(["full-gradients", "full-grad"] as const)("%s: a dense layer on every pixel has no place in the map", async (method) => {
  const g = new GraphBuilder();
  const constant = (shape: readonly number[], data: readonly number[]) => g.constant(tensor("float32", shape, data)); // prettier-ignore
  const x = g.input("x", "float32", ["batch", 1, 2, 3]);
  const maps = g.relu(g.conv(x, constant([2, 1, 1, 1], [1, 2]), constant([2], [0.5, 0.25]))); // prettier-ignore
  const dense = g.matMul(g.transpose(maps, [0, 2, 3, 1]), constant([2, 2], [3, 1, 1, 2]));
  const act = g.relu(g.add(dense, constant([2], [7, 9])));
  g.output(g.reduceMean(act, { axes: [1, 2], keepdims: false }), "scores");
  await using explainer = await openExplainer(g.build(), { threads: 1 });
  const image = tensor("float32", [2, 3, 1], [1, 2, 3, 4, 5, 6]);
  const { map, perLayer } = await explainer.attribute(image, { method, target: 0 });
  if (method === "full-gradients") {
    // All is positive: the score is the mean of 3 (x + ½) + (2 x + ¼) + 7. Of a pixel 5/6 x, and the biases' 1.75/6.
    expect(perLayer!.data).toEqual(Float32Array.of(17.5, 1.75, 7));
    const expected = Array.from(image.data, (value) => expect.closeTo((5 * value + 1.75) / 6, 5));
    expect(Array.from(map.data)).toEqual(expected);
  } else {
    // x g from 0 to 1, and the convolution's biases, which are alike at all pixels.
    const expected = Array.from(image.data, (value) => expect.closeTo((value - 1) / 5, 5));
    expect(Array.from(map.data)).toEqual(expected);
  }
}); // prettier-ignore

it("full-gradients of biases of any extents, and of a share of them, add up to the score", async () => {
  const g = new GraphBuilder();
  const constant = (shape: readonly number[], data: readonly number[]) => g.constant(tensor("float32", shape, data)); // prettier-ignore
  const x = g.input("x", "float32", ["batch", 1, 2, 3]);
  const tokens = g.matMul(g.reshape(x, [0, 2, 3]), constant([3, 2], [1, 2, 3, 4, 5, 6]));
  // A bias for each of two steps, as embeddings of positions are, then one for all.
  const placed = g.relu(g.add(tokens, constant([1, 2, 2], [1, 2, 3, 4])));
  const again = g.add(g.matMul(placed, constant([2, 2], [1, 0, 0, 2])), constant([], [5]));
  const flat = g.reshape(g.relu(again), [0, 4]);
  g.output(g.gemm(flat, constant([4, 1], [1, 10, 100, 1000]), constant([1], [8]), { beta: 0.5 }), "scores"); // prettier-ignore
  await using explainer = await openExplainer(g.build(), { threads: 1 });
  const image = tensor("float32", [2, 3, 1], [1, 2, 3, 4, 5, 6]);
  const { perLayer, delta } = await explainer.attribute(image, { method: "full-gradients" });
  // 1 · 1 + 10 · 2 · 2 + 100 · 3 + 1000 · 2 · 4, then 5 · 1111, then half of 8.
  expect(Array.from(perLayer!.data.subarray(1))).toEqual([8341, 5555, 4]);
  expect(delta).toEqual([0]);
});
