import { GraphBuilder, type OnnxModel } from "@cajal/onnx";

/** y = x + x: a minimal graph, to probe whether a device works at all. */
export function doublingGraph(): OnnxModel {
  const g = new GraphBuilder({ name: "doubling" });
  const x = g.input("x", "float32", [3]);
  g.output(g.add(x, x), "y");
  return g.build();
}
