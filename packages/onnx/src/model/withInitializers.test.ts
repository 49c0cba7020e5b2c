import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../graph/builder";
import { withInitializers } from "./withInitializers";

function affine() {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["n", 2]);
  const w = g.initializer("w", tensor("float32", [2, 1], [1, 2]));
  const b = g.initializer("b", tensor("float32", [1], [3]));
  g.output(g.gemm(x, w, b), "y");
  return g.build();
}

describe("withInitializers", () => {
  it("puts values in, and leaves the model that was given alone", () => {
    const model = affine();
    const newModel = withInitializers(model, new Map([["w", tensor("float32", [2, 1], [5, 6])]]));
    expect(newModel.graph.initializers.get("w")!.data).toEqual(Float32Array.of(5, 6));
    expect(newModel.graph.initializers.get("b")!.data).toEqual(Float32Array.of(3));
    expect(model.graph.initializers.get("w")!.data).toEqual(Float32Array.of(1, 2));
    expect(newModel.graph.nodes).toBe(model.graph.nodes);
  });

  it.each([
    ["unknown-name", "W", tensor("float32", [2, 1])],
    ["bad-shape", "w", tensor("float32", [1, 2])],
    ["bad-argument", "w", tensor("float64", [2, 1])],
  ])("%s", (code, name, value) => {
    expect(() => withInitializers(affine(), new Map([[name, value]]))).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
