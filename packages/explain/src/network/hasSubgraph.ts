import type { Node } from "@cajal/onnx";

/** Whether a node has graphs within, which may read values of the graph around it without being among their readers. */
export const hasSubgraph = ({ attributes }: Node): boolean =>
  Object.values(attributes).some(({ type }) => type === "graph" || type === "graphs");
