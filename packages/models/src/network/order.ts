// The order in which Keras lists a model's layers, and so its weights: by depth from the outputs, the
// farthest first; among equals, in the order in which a walk back from the outputs meets them.
// Keras: keras/src/ops/function.py, map_graph.

/** A call of a layer: the calls that its inputs come from, in order. */
export interface CallNode {
  readonly layer: string;
  readonly parents: readonly CallNode[];
}

/** Layer names in Keras' order. `inputs` that no output depends on come last. */
export const kerasOrder = (
  outputs: readonly CallNode[],
  inputs: readonly CallNode[] = [],
): string[] => kerasOrders(outputs, inputs).layers;

/** Layer names in Keras' order, and the calls in that in which Keras makes them. */
export function kerasOrders(
  outputs: readonly CallNode[],
  inputs: readonly CallNode[] = [],
): { readonly layers: string[]; readonly calls: readonly CallNode[] } {
  const visited = new Map<string, number>();
  const finished = new Set<CallNode>();
  const parentsFirst: CallNode[] = [];
  // A walk with a stack of its own: each call, and how many of its parents have been walked through.
  const open: { readonly node: CallNode; nextInput: number }[] = [];
  const enter = (node: CallNode) => {
    if (finished.has(node)) return;
    finished.add(node);
    if (!visited.has(node.layer)) visited.set(node.layer, visited.size);
    open.push({ node, nextInput: 0 });
  };
  for (const output of outputs) {
    enter(output);
    for (let current = open.at(-1); current; current = open.at(-1)) {
      const parent = current.node.parents[current.nextInput++];
      if (parent) enter(parent);
      else parentsFirst.push(open.pop()!.node);
    }
  }

  const depthOfNode = new Map<CallNode, number>();
  const depthOfLayer = new Map<string, number>();
  for (const node of parentsFirst.toReversed()) {
    const depth = Math.max(depthOfNode.get(node) ?? 0, depthOfLayer.get(node.layer) ?? 0);
    depthOfNode.set(node, depth);
    depthOfLayer.set(node.layer, depth);
    for (const parent of node.parents)
      depthOfNode.set(parent, Math.max(depth + 1, depthOfNode.get(parent) ?? 0));
  }
  const calls = [...depthOfNode.keys()].sort((a, b) => depthOfNode.get(b)! - depthOfNode.get(a)!);
  for (const { layer } of inputs)
    if (!depthOfLayer.has(layer)) {
      depthOfLayer.set(layer, 0);
      visited.set(layer, -1);
    }
  const layers = [...depthOfLayer.keys()].sort(
    (a, b) => depthOfLayer.get(b)! - depthOfLayer.get(a)! || visited.get(a)! - visited.get(b)!,
  );
  return { layers, calls };
}
