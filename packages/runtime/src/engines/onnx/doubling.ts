import { GraphBuilder, type OnnxModel } from "@cajal/onnx";

/** y = x + x: the smallest graph, to see whether a device works at all. */
export function doubling(): OnnxModel {
  const g = new GraphBuilder({ name: "doubling" });
  const x = g.input("x", "float32", [3]);
  g.output(g.add(x, x), "y");
  return g.build();
}
