// CAM is Grad-CAM times the number of pixels, however the dense layer behind the pooling is written.
import { GraphBuilder, type Value } from "@cajal/onnx";
import { expect, it } from "vitest";
import { openExplainer } from "..";
import { numbers } from "../../testing/numbers";

const layers: Readonly<Record<string, (g: GraphBuilder, pooled: Value) => Value>> = {
  "a share of a Gemm": (g, pooled) => g.gemm(pooled, g.constant(numbers([4, 3], 5)), g.constant(numbers([4], 6)), { alpha: 0.25, transB: true }), // prettier-ignore
  "a Gemm whose bias is added": (g, pooled) => g.add(g.gemm(pooled, g.constant(numbers([3, 4], 5))), g.constant(numbers([4], 6))), // prettier-ignore
  "a matrix product whose bias is added": (g, pooled) => g.add(g.constant(numbers([4], 6)), g.matMul(pooled, g.constant(numbers([3, 4], 5)))), // prettier-ignore
};

it.each(Object.keys(layers))("%s", async (written) => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["batch", 2, 5, 6]);
  const maps = g.relu(g.conv(x, g.constant(numbers([3, 2, 2, 2]))));
  const pooled = g.reduceMean(maps, { axes: [2, 3], keepdims: false });
  g.output(layers[written]!(g, pooled), "scores");
  await using explainer = await openExplainer(g.build(), { threads: 1 });
  const [cam, gradCam] = await Promise.all((["cam", "grad-cam"] as const).map((method) => explainer.attribute(numbers([2, 5, 6, 2], 3), { method, target: [1, 2] }))); // prettier-ignore
  cam!.map.data.forEach((value, i) => expect(value).toBeCloseTo(4 * 5 * gradCam!.map.data[i]!, 4));
});
