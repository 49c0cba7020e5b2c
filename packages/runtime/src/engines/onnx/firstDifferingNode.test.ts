import { tensor } from "@cajal/core";
import { GraphBuilder, type OnnxModel } from "@cajal/onnx";
import { expect, it } from "vitest";
import { faultText, firstDifferingNode, type Run } from "./firstDifferingNode";
import { fromOrt, onnxRuntime } from "./onnxRuntime";
import { toOrt } from "./toOrt.js";

const g = new GraphBuilder();
let x = g.input("x", "float32", ["batch", 4]);
for (const factor of [2, 3]) {
  x = g.mul(x, factor);
  x = g.within(`layer${factor}`, () => g.relu(x));
}
g.output(g.softmax(x), "y");
const model = g.build();

const onCpu: Run = async (graph, feeds) => {
  const { ort, session } = await onnxRuntime(graph, { device: "cpu" });
  const results = await session.run(
    Object.fromEntries(Object.entries(feeds).map(([name, each]) => [name, toOrt(ort, each)])),
  );
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, result]) => [name, fromOrt(result, name)]),
  );
};

/** A device whose operator of this output computes as another would. */
const planted =
  (name: string, op: string): Run =>
  (graph: OnnxModel, feeds) => {
    const nodes = graph.graph.nodes.map((node) =>
      node.outputs[0] === name ? { ...node, op } : node,
    );
    return onCpu({ ...graph, graph: { ...graph.graph, nodes } }, feeds);
  };

const feeds = { x: tensor("float32", [1, 4], [-1, 2, -3, 0.5]) };
const nodes = model.graph.nodes;

it("names the operator in which an error is planted, not those behind it", async () => {
  const relu = nodes.findLast(({ op }) => op === "Relu")!;
  for (const { op, outputs } of [relu, nodes.find((node) => node.op === "Softmax")!]) {
    const found = await firstDifferingNode(model, feeds, {
      onCpu,
      onDevice: planted(outputs[0]!, "Neg"),
    });
    expect(found).toContain(`(${op})`);
  }
  const found = await firstDifferingNode(model, feeds, { onCpu, onDevice: planted(relu.outputs[0]!, "Neg") }); // prettier-ignore
  expect(found).toContain("layer3");
  expect(faultText(found)).toContain("layer3");
});

it("names none where all are right, and where the graph does not run", async () => {
  expect(await firstDifferingNode(model, feeds, { onCpu, onDevice: onCpu })).toBeUndefined();
  const onDevice = () => Promise.reject(new Error("lost"));
  expect(await firstDifferingNode(model, feeds, { onCpu, onDevice })).toBeUndefined();
});
