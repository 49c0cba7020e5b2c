// Weights as initializers, wherever an exporter put them: PyTorch's writes a parameter that equals another one once, and
// reads it through Identity for the second layer; others make constants with nodes. Methods that look at
// weights (full gradients, CAM, randomisation) find those of every layer by the name that it reads.
import type { OnnxModel } from "@cajal/onnx";

/** The model without nodes that only hand on a constant. */
export function withOwnWeights(model: OnnxModel): OnnxModel {
  const { graph } = model;
  const initializers = new Map(graph.initializers);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes.filter(({ op, domain, inputs, outputs: [output], attributes }) => {
    if (domain !== "" || output === undefined || outputs.has(output)) return true;
    const { value } = attributes;
    const held =
      op === "Identity"
        ? initializers.get(inputs[0]!)
        : op === "Constant" && value?.type === "tensor"
          ? value.value
          : undefined;
    if (held) initializers.set(output, held);
    return !held;
  });
  return { ...model, graph: { ...graph, nodes, initializers } };
}
