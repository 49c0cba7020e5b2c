import { tensor } from "@cajal/core";
import { GraphBuilder, checkModel, type Value } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { kernelsAsInputs } from "./kernelsAsInputs";

const size = 2048; // squared and of 4 bytes: 16 MiB
const x = (g: GraphBuilder) => g.input("x", "float32", ["batch", size]);
const kernel = (g: GraphBuilder) => g.initializer("kernel", tensor("float32", [size, size]));

/** Names of the kernels that become inputs of the graph that `build` makes. */
function kernelInputs(build: (g: GraphBuilder) => Value): string[] {
  const g = new GraphBuilder();
  g.output(build(g), "y");
  const model = g.build();
  const { model: rest, kernels } = kernelsAsInputs(model);
  checkModel(rest);
  for (const [name, tensor] of kernels) {
    expect(tensor).toBe(model.graph.initializers.get(name));
    expect(rest.graph.inputs).toContainEqual({ name, dtype: "float32", shape: [size, size] });
  }
  const constants = [...rest.graph.initializers.keys()];
  expect(new Set([...constants, ...kernels.keys()])).toEqual(
    new Set(model.graph.initializers.keys()),
  );
  return [...kernels.keys()];
}

describe("kernels as inputs", () => {
  it("are those of products with a large matrix, be there one or two", () => {
    expect(kernelInputs((g) => g.gemm(x(g), kernel(g)))).toEqual(["kernel"]);
    expect(
      kernelInputs((g) => {
        const w = kernel(g);
        return g.gemm(g.gemm(x(g), w), w);
      }),
    ).toEqual(["kernel"]);
  });

  it.each<[string, (g: GraphBuilder) => Value]>([
    ["smaller", (g) => g.gemm(x(g), g.initializer("w", tensor("float32", [size, size - 1])))],
    ["turned", (g) => g.gemm(x(g), kernel(g), undefined, { transB: 1 })],
    [
      "the first operand",
      (g) => g.gemm(kernel(g), g.initializer("b", tensor("float32", [size, 1]))),
    ],
    ["MatMul's, whose rows may be anything", (g) => g.matMul(x(g), kernel(g))],
    ["read by something else too", (g) => g.gemm(x(g), g.neg(g.neg(kernel(g))))],
    [
      "read by something else besides",
      (g) => {
        const w = kernel(g);
        return g.add(g.gemm(x(g), w), g.reduceSum(w));
      },
    ],
    [
      "of another type",
      (g) =>
        g.gemm(
          g.input("x", "float64", ["batch", size]),
          g.initializer("w", tensor("float64", [size, size])),
        ),
    ],
  ])("are none where the matrix is %s", (_, build) => expect(kernelInputs(build)).toEqual([]));

  it("are none where the matrix is an output too", () => {
    const g = new GraphBuilder();
    const w = kernel(g);
    g.output(g.gemm(x(g), w), "y");
    const { graph, ...rest } = g.build();
    const output = { name: "kernel", dtype: "float32", shape: [size, size] } as const;
    const model = { ...rest, graph: { ...graph, outputs: [...graph.outputs, output] } };
    expect(kernelsAsInputs(model)).toEqual({ model, kernels: new Map() });
  });
});
