// A large dense kernel as several: ONNX Runtime lays each out for its product and lets go of what it was given, so that only
// one block is in memory twice, in place of all of VGG16's 411 MB. x·W + b = x₂·W₂ + (x₁·W₁ + b), where W₁ and W₂ are
// rows of W, and x₁ and x₂ the columns of x that they are multiplied with.
import type { Tensor } from "@cajal/core";
import { dataOf, lazyTensor, type Initializer, type Node, type OnnxModel } from "@cajal/onnx";

/** Rows of a kernel: which, and where its numbers begin among those of the kernel. */
export interface Block {
  readonly whole: Tensor;
  readonly start: number;
}

/**
 * The model with its large kernels cut; `blocks` tells of those tensors what they are rows of.
 *
 * @param blockBytes a larger kernel is cut, into blocks of at most so many bytes
 */
export function kernelBlocks(
  model: OnnxModel,
  blockBytes = 2 ** 26,
): {
  readonly model: OnnxModel;
  readonly blocks: ReadonlyMap<Initializer, Block>;
} {
  const { graph } = model;
  const blocks = new Map<Initializer, Block>();
  // Before, Split had its sizes in an attribute.
  if ((model.opsets[""] ?? 1) < 13) return { model, blocks };
  const initializers = new Map(graph.initializers);
  const names = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]),
    ...initializers.keys(),
  ]);
  const fresh = (name: string) => {
    while (names.has(name)) name += "'";
    names.add(name);
    return name;
  };
  const readers = readersOf(model);
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const kernelName = node.inputs[1] ?? "";
    const kernel = initializers.get(kernelName);
    if (!kernel || !isCut(node, kernel, blockBytes) || readers.get(kernelName) !== 1) return [node];
    const [rows, columns] = kernel.shape as [number, number];
    const rowsPerBlock = Math.floor(blockBytes / (4 * columns));
    const starts = Array.from({ length: Math.ceil(rows / rowsPerBlock) }, (_, i) => i * rowsPerBlock); // prettier-ignore
    const counts = starts.map((start) => Math.min(rowsPerBlock, rows - start));
    initializers.delete(kernelName);
    const counted = fresh(`${kernelName} rows`);
    initializers.set(counted, { dtype: "int64", shape: [counts.length], data: BigInt64Array.from(counts, BigInt) }); // prettier-ignore
    const [x, , bias] = node.inputs;
    const parts = starts.map((_, i) => fresh(`${x} ${i}`));
    const split: Node = {
      ...node,
      op: "Split",
      name: "",
      inputs: [x!, counted],
      outputs: parts,
      attributes: { axis: { type: "int", value: 1 } },
    };
    let sum = bias;
    const products = starts.map((start, i): Node => {
      const name = fresh(`${kernelName} ${i}`);
      const [from, length] = [start * columns, counts[i]! * columns];
      const block = lazyTensor("float32", [counts[i]!, columns], (allocate) =>
        (dataOf(kernel, allocate) as Float32Array<ArrayBuffer>).subarray(from, from + length),
      );
      initializers.set(name, block);
      blocks.set(block, { whole: kernel, start: from });
      const inputs = [parts[i]!, name, ...(sum ? [sum] : [])];
      sum = i === starts.length - 1 ? node.outputs[0]! : fresh(`${node.outputs[0]} ${i}`);
      return { ...node, name: node.name && `${node.name}/${i}`, inputs, outputs: [sum] };
    });
    return [split, ...products];
  });
  if (blocks.size === 0) return { model, blocks };
  return { model: { ...model, graph: { ...graph, nodes, initializers } }, blocks };
}

/** Whether it is a product of a matrix with a large kernel [rows, columns], and all of it. */
function isCut(
  { op, domain, attributes }: Node,
  kernel: Initializer,
  blockBytes: number,
): kernel is Tensor {
  const is = (name: string, expected: number) => {
    const attribute = attributes[name];
    return attribute === undefined || ("value" in attribute && attribute.value === expected);
  };
  return (
    op === "Gemm" &&
    domain === "" &&
    is("transA", 0) &&
    is("transB", 0) &&
    is("alpha", 1) &&
    is("beta", 1) &&
    kernel.dtype === "float32" &&
    4 * kernel.shape[0]! * kernel.shape[1]! > blockBytes &&
    4 * kernel.shape[1]! <= blockBytes
  );
}

/** How often each value is read, by nodes, by graphs inside them, or as an output. */
function readersOf({ graph }: OnnxModel): ReadonlyMap<string, number> {
  const readers = new Map<string, number>();
  const read = (name: string) => readers.set(name, (readers.get(name) ?? 0) + 1);
  const visit = ({ nodes, outputs }: OnnxModel["graph"]) => {
    for (const { inputs, attributes } of nodes) {
      inputs.forEach(read);
      for (const attribute of Object.values(attributes))
        if (attribute.type === "graph") visit(attribute.value);
    }
    for (const { name } of outputs) read(name);
  };
  visit(graph);
  // A file of an old format lists its constants among the inputs, where a caller may replace them.
  for (const { name } of graph.inputs) read(name);
  return readers;
}
