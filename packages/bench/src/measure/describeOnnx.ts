// An ONNX file in numbers, as `cajal table` prints them.
import { sizeOf } from "@cajal/core";
import {
  isCarried,
  type Dim,
  type Graph,
  inferShapes,
  multiplyAdds,
  type OnnxModel,
  type ValueInfo,
} from "@cajal/onnx";
import type { TableRow } from "./table";

/**
 * Parameters are the initializers of floating point (constants among them too: a file does not say
 * which of its numbers were learned); multiply-adds those of convolutions, matrix products and
 * recurrent operators, with free axes taken as 1; depth the nodes on the longest path.
 *
 * @param bytes of its file; weights that do not fit into it lie in others, which count too
 * @throws CajalError `bad-model`
 */
export function describeOnnx(model: OnnxModel, bytes: number): TableRow {
  const { graph } = model;
  const weightBytes = [...graph.initializers.values()].reduce((sum, tensor) => sum + (isCarried(tensor) ? tensor.data.length : tensor.data.byteLength), 0); // prettier-ignore
  const floats = [...graph.initializers.values()].filter(({ dtype }) => dtype.startsWith("float"));
  const params = floats.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const input = graph.inputs.find(({ name }) => !graph.initializers.has(name));
  // It refuses cycles.
  const macs = macsOf(model);
  return {
    name: graph.name,
    input: (input?.shape ?? []).slice(1).map((dim) => (typeof dim === "number" ? dim : null)),
    params,
    trainable: params,
    non_trainable: 0,
    size_mb: Math.ceil((bytes < weightBytes ? bytes + weightBytes : bytes) / 2 ** 20),
    depth: longestPath(graph),
    macs,
  };
}

/** Multiply-adds of one example; null where shapes do not tell. */
function macsOf(model: OnnxModel): number | null {
  const shapes = inferShapes({
    ...model,
    graph: { ...model.graph, inputs: model.graph.inputs.map(ofOne) },
  });
  const shapeOf = (name: string) => (shapes.get(name)?.shape ?? [NaN]).map(Number);
  const macs = model.graph.nodes.reduce((sum, node) => sum + multiplyAdds(node, shapeOf), 0);
  // A file may be made for batches of one size alone.
  const batch = Number(shapes.get(model.graph.inputs[0]?.name ?? "")?.shape?.[0] ?? 1);
  return Number.isFinite(macs) ? macs / batch : null;
}

/** An input with its free axes, the batch among them, of extent 1. */
const ofOne = (input: ValueInfo): ValueInfo => ({
  ...input,
  shape: input.shape?.map((dim: Dim) => (typeof dim === "number" ? dim : 1)),
});

/**
 * The nodes on the longest path of a graph without cycles. Files are not always in topological order, so it is looked for
 * from the end; thousands of nodes in a row are too many for calls within calls.
 */
function longestPath({ nodes, outputs }: Graph): number {
  const producer = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const lengths = new Map<string, number>();
  const lengthOf = (name: string) => (producer.has(name) ? lengths.get(name) : 0);
  const ends = outputs.map(({ name }) => name);
  const open = [...ends];
  for (let name = open.at(-1); name !== undefined; name = open.at(-1)) {
    const inputs = producer.get(name)?.inputs ?? [];
    const missing = inputs.filter((input) => lengthOf(input) === undefined);
    open.push(...missing);
    if (missing.length > 0) continue;
    open.pop();
    lengths.set(name, 1 + Math.max(0, ...inputs.map((input) => lengthOf(input)!)));
  }
  return Math.max(0, ...ends.map((name) => lengthOf(name)!));
}
