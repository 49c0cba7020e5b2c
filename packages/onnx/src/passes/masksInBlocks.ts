// Masks of activations whose images convolutions read in blocks alone: the gradient that comes out of such a convolution
// in blocks is masked there, and the image need not be kept in both layouts until then.
import { sizeOf } from "@cajal/core";
import { usedNames } from "../model/topologicalOrder";
import type { Graph, Node } from "../model/model";

/** Operators that take each element by itself, so that layouts are all the same to them. */
const elementwise = new Set(
  "Mul And Or Not Less LessOrEqual Greater GreaterOrEqual Cast HardSigmoid Clip Relu".split(" "),
);

/**
 * The nodes of a graph in blocks (see blocked.ts), with products of a gradient in blocks and a mask moved before the
 * change of order where the image that the mask is made of is there in blocks, and in no other layout needed.
 *
 * @param shapeOf the shape of a value, where it is known
 */
export function masksInBlocks(
  nodes: readonly Node[],
  graph: Graph,
  shapeOf: (name: string) => readonly number[] | undefined,
): Node[] {
  const position = new Map(nodes.map((node, i) => [node, i]));
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const readers = new Map<string, Node[]>();
  for (const node of nodes)
    for (const name of usedNames(node)) {
      const list = readers.get(name);
      if (list) list.push(node);
      else readers.set(name, [node]);
    }
  const isScalar = (name: string) => {
    const shape = shapeOf(name);
    return shape !== undefined && sizeOf(shape) === 1;
  };
  const given = new Set(graph.outputs.map(({ name }) => name));
  const readersOf = (name: string) => readers.get(name) ?? [];
  /** Node → what takes its place. */
  const replaced = new Map<Node, Node[]>();

  /** The nodes that make a mask of an image, in their order, and the image; undefined where others read what is between. */
  function maskFrom(name: string, reader: Node): { image: string; chain: Node[] } | undefined {
    const chain: Node[] = [];
    let image: string | undefined;
    const visit = (value: string, by: Node): boolean => {
      if (isScalar(value)) return true;
      const node = producers.get(value);
      const reorders = readersOf(value).filter(({ op }) => op === "ReorderInput");
      if (reorders.length === 1) return (image ??= value) === value;
      if (!node || !elementwise.has(node.op) || node.domain !== "" || given.has(value))
        return false;
      if (readersOf(value).some((each) => each !== by)) return false;
      if (!node.inputs.every((input) => input === "" || visit(input, node))) return false;
      if (!chain.includes(node)) chain.push(node);
      return true;
    };
    return visit(name, reader) && image !== undefined ? { image, chain } : undefined;
  }

  for (const product of nodes) {
    if (product.op !== "Mul" || product.domain !== "") continue;
    const [dy, mask] = product.inputs as [string, string];
    const order = producers.get(dy);
    if (order?.op !== "ReorderOutput" || readersOf(dy).length > 1 || given.has(dy)) continue;
    const found = maskFrom(mask, product);
    if (!found || given.has(found.image)) continue;
    const { image, chain } = found;
    if (shapeOf(image)?.join() !== shapeOf(product.outputs[0]!)?.join()) continue;
    const reorder = readersOf(image).find(({ op }) => op === "ReorderInput")!;
    if (position.get(reorder)! > position.get(product)!) continue;
    const others = readersOf(image).filter((node) => node !== reorder && !chain.includes(node));
    // Else both layouts are kept anyway, or the one in blocks would be for this alone.
    if (others.length > 0 || readersOf(reorder.outputs[0]!).length < 2) continue;
    const inBlocks = (name: string) => (name === image ? reorder.outputs[0]! : name);
    const masked = `${product.outputs[0]!}/blocked`;
    for (const node of [...chain, order]) replaced.set(node, []);
    replaced.set(product, [
      ...chain.map((node) => ({ ...node, inputs: node.inputs.map(inBlocks) })),
      { ...product, inputs: [order.inputs[0]!, inBlocks(mask)], outputs: [masked] },
      { ...order, inputs: [masked], outputs: product.outputs },
    ]);
  }
  return nodes.flatMap((node) => replaced.get(node) ?? [node]);
}
