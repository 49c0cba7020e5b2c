import type { Node } from "@cajal/onnx";

/** Names of the values that a node reads, including those that its subgraphs read from the outer graph. */
export const namesReadBy = ({ inputs, attributes }: Node): string[] => [
  ...inputs,
  ...Object.values(attributes).flatMap((attribute) =>
    attribute.type === "graph"
      ? [
          ...attribute.value.nodes.flatMap(namesReadBy),
          ...attribute.value.outputs.map(({ name }) => name),
        ]
      : [],
  ),
];
