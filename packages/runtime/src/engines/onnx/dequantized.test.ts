import { tensor } from "@cajal/core";
import { GraphBuilder, int8Weights, type Value } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { open } from "../../open";
import { dequantized } from "./dequantized";
import { onnxRuntime, fromOrt } from "./onnxRuntime";
import { toOrt } from "./toOrt.js";

/** A product with a kernel [3, 2] of whole numbers, with the scales 0.5 and 0.25 of its columns. */
function graph(product: (g: GraphBuilder, x: Value, kernel: Value) => Value) {
  const g = new GraphBuilder({ name: "g" });
  const x = g.input("x", "float32", [1, 3]);
  const kernel = g.initializer("kernel", tensor("int8", [3, 2], [2, -4, 100, 8, -128, 127]));
  const scale = g.initializer("scale", tensor("float32", [2], [0.5, 0.25]));
  const zero = g.initializer("zero", tensor("int8", [2], [0, 4]));
  g.output(product(g, x, g.dequantizeLinear(kernel, scale, zero, { axis: 1 })), "y");
  return g.build();
}
const ops = ({ graph: { nodes } }: ReturnType<typeof graph>) => nodes.map(({ op }) => op);

describe("dequantized", () => {
  it("makes a floating-point constant of weights that are only stored as whole numbers", async () => {
    const model = dequantized(graph((g, x, kernel) => g.matMul(x, kernel)));
    expect(ops(model)).toEqual(["MatMul"]);
    const [kernel] = [...model.graph.initializers.values()];
    // (x − zero) · scale, by hand.
    expect([...kernel!.data]).toEqual([1, -2, 50, 1, -64, 30.75]);
    expect(model.graph.initializers.size).toBe(1);
    await using session = await open(model);
    expect([...(await session.predict(tensor("float32", [1, 3], [1, 2, 3]))).data]).toEqual([-91, 92.25]); // prettier-ignore
  });

  it("gives the numbers that ONNX Runtime computes", async () => {
    const g = new GraphBuilder({ name: "g" });
    const kernel = tensor("float32", [40, 30, 3, 3]);
    kernel.data.forEach((_, i) => (kernel.data[i] = Math.sin(i * 1.7) * (1 + (i % 40))));
    const x = g.input("x", "float32", [1, 30, 5, 5]);
    g.output(g.conv(x, g.initializer("kernel", kernel)), "y");
    const stored = int8Weights(g.build());
    const image = tensor("float32", [1, 30, 5, 5]);
    image.data.forEach((_, i) => (image.data[i] = Math.cos(i)));
    expect(ops(stored)).toEqual(["DequantizeLinear", "Conv"]);
    const { ort, session } = await onnxRuntime(stored, { device: "cpu" });
    const { y } = await session.run({ x: toOrt(ort, image) });
    const expected = Array.from(fromOrt(y!, "y").data, Number);
    await session.release();
    await using opened = await open(stored);
    const { data } = await opened.predict(image);
    const largest = Math.max(...expected.map(Math.abs));
    data.forEach((each, i) => expect(Math.abs(Number(each) - expected[i]!)).toBeLessThan(1e-6 * largest)); // prettier-ignore
  });

  it("leaves weights that a caller may replace, as in files of an old format", () => {
    const model = graph((g, x, kernel) => g.matMul(x, kernel));
    const scale = { name: "scale", dtype: "float32", shape: [2] } as const;
    const old = { ...model, graph: { ...model.graph, inputs: [...model.graph.inputs, scale] } };
    expect(dequantized(old)).toBe(old);
  });

  it.each<[string, Parameters<typeof graph>[0]]>([
    [
      "what is multiplied by whole numbers",
      (g, x, kernel) => {
        const scale = g.scalar("float32", 0.1);
        const zero = g.scalar("int8", 0);
        return g.matMul(g.dequantizeLinear(g.quantizeLinear(x, scale, zero), scale, zero), kernel);
      },
    ],
    ["an output", (_, __, kernel) => kernel],
  ])("leaves %s", (_, product) => {
    const model = graph(product);
    expect(dequantized(model)).toBe(model);
  });
});
