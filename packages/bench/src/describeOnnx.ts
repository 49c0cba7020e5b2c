// An ONNX file in numbers, as `cajal table` prints them.
import { sizeOf } from "@cajal/core";
import { decodeModel, type Graph } from "@cajal/onnx";
import type { TableRow } from "./table";

/**
 * Parameters are the initializers of floating point (constants among them too: a file does not say
 * which of its numbers were learned), depth the nodes on the longest path.
 *
 * @throws CajalError `bad-file`, `bad-model`
 */
export function describeOnnx(bytes: Uint8Array): TableRow {
  const { graph } = decodeModel(bytes);
  const floats = [...graph.initializers.values()].filter(({ dtype }) => dtype.startsWith("float"));
  const params = floats.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const input = graph.inputs.find(({ name }) => !graph.initializers.has(name));
  return {
    name: graph.name,
    input: (input?.shape ?? []).slice(1).map((dim) => (typeof dim === "number" ? dim : null)),
    size_mb: Math.ceil(bytes.length / 2 ** 20),
    params,
    trainable: params,
    non_trainable: 0,
    depth: longestPath(graph),
    macs: null,
  };
}

/** The nodes on the longest path; they stand in topological order. */
function longestPath({ nodes }: Graph): number {
  const upTo = new Map<string, number>();
  let longest = 0;
  for (const { inputs, outputs } of nodes) {
    const length = 1 + Math.max(0, ...inputs.map((name) => upTo.get(name) ?? 0));
    for (const name of outputs) upTo.set(name, length);
    longest = Math.max(longest, length);
  }
  return longest;
}
