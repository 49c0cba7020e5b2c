import { tensor } from "@cajal/core";
import { GraphBuilder, lazyTensor } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { open } from "../../open";
import { kernelBlocks } from "./kernelBlocks";

const kernelNumbers = Float32Array.from({ length: 7 * 4 }, (_, i) => ((i * 5) % 11) - 5);
const x = tensor(
  "float32",
  [2, 7],
  Array.from({ length: 14 }, (_, i) => (i % 5) - 2),
);

function product({ alpha = 1, readTwice = false, withBias = true } = {}) {
  const g = new GraphBuilder({ name: "product" });
  const kernel = g.initializer(
    "kernel",
    lazyTensor("float32", [7, 4], () => kernelNumbers),
  );
  const bias = withBias ? g.initializer("bias", tensor("float32", [4], [1, 2, 3, 4])) : undefined;
  const image = g.input("x", "float32", ["batch", 7]);
  g.output(g.relu(g.gemm(image, kernel, bias, { alpha })), "y");
  if (readTwice) g.output(g.neg(kernel), "negated");
  return g.build();
}

/** Rows of 16 bytes, two a block. */
const cut = (options = {}) => kernelBlocks(product(options), 32);

describe("kernelBlocks", () => {
  it.each([true, false])("computes the same, bias: %j", async (withBias) => {
    const { model, blocks } = cut({ withBias });
    expect(model.graph.nodes.map(({ op }) => op)).toEqual(["Split", ...Array<string>(4).fill("Gemm"), "Relu"]); // prettier-ignore
    expect([...blocks.values()].map(({ start }) => start)).toEqual([0, 8, 16, 24]);
    expect(model.graph.initializers.has("kernel")).toBe(false);
    await using session = await open(model);
    // Whole numbers, so that sums are the same in any order.
    const expected = Array.from({ length: 8 }, (_, i) => {
      const [row, column] = [Math.floor(i / 4), i % 4];
      const sum = kernelNumbers.reduce((sum, weight, at) => (at % 4 === column ? sum + weight * x.data[row * 7 + Math.floor(at / 4)]! : sum), withBias ? column + 1 : 0); // prettier-ignore
      return Math.max(sum, 0);
    });
    expect([...(await session.predict(x)).data]).toEqual(expected);
  });

  it.each([
    ["that is scaled", { alpha: 2 }],
    ["that something else reads too", { readTwice: true }],
  ])("leaves a kernel %s", (_, options) => {
    const { model, blocks } = cut(options);
    expect(blocks.size).toBe(0);
    expect(model.graph.initializers.has("kernel")).toBe(true);
  });

  it("leaves kernels of an opset whose Split takes no sizes as an input", async () => {
    const model = { ...product(), opsets: { "": 12 } };
    expect(kernelBlocks(model, 32)).toEqual({ model, blocks: new Map() });
  });

  it("leaves small kernels", () => {
    const model = product();
    expect(kernelBlocks(model).model).toBe(model);
  });
});
