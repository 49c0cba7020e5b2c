import { CajalError, type Tensor } from "@cajal/core";
import { GraphBuilder, inferShapes, type Node, type OnnxModel, type ValueInfo } from "@cajal/onnx";
import { channelAxes } from "./channelAxes";
import { graphOf, notOne, type ExplainedGraph, type LayerInfo } from "./explainedGraph";
import { moduleOf } from "./modules";
import { withOwnWeights } from "./ownWeights";

/** @throws CajalError `unsupported` for what is no classifier of one float32 input */
export function explainedOnnx(onnx: OnnxModel): ExplainedGraph {
  const model = withOwnWeights(GraphBuilder.from(onnx, { unroll: true }).build());
  const { inputs, outputs, nodes } = model.graph;
  const [input, ...more] = inputs;
  if (!input || more.length > 0)
    throw notOne(
      "inputs",
      inputs.map(({ name }) => name),
    );
  checkInference(model);
  const g = GraphBuilder.from(model);
  const image = g.value(input.name);
  const axes = channelAxes(model, inferShapes(model));
  const layers = layersOf(g, nodes, { imageShape: image.shape ?? [], axes });
  return graphOf(g, image, g.value(outputs[0]!.name), layers, true);
}

/**
 * Every value of a graph that is computed for each example of a batch, named by its module where it is the last of
 * one. Others, such as the initial state of an LSTM or a sequence that lies time first, are no layers.
 */
function layersOf(
  g: GraphBuilder,
  nodes: readonly Node[],
  of: {
    /** With the batch. */
    readonly imageShape: Extents;
    readonly axes: ReadonlyMap<string, number>;
  },
): LayerInfo[] {
  const lastOf = new Map<string, string>();
  for (const node of nodes) {
    const parts = moduleOf(node)?.split(".") ?? [];
    // A module's output is the last value of all that is inside of it.
    parts.forEach((_, i) => lastOf.set(parts.slice(0, i + 1).join("."), node.outputs[0]!));
  }
  return nodes.flatMap((node) =>
    node.outputs.flatMap((value): LayerInfo[] => {
      const info = value === "" ? undefined : g.find(value);
      if (info?.dtype !== "float32" || !info.shape || !mayBeRows(info.shape, of.imageShape))
        return [];
      const modules = [...lastOf].flatMap(([module, last]) => (last === value ? [module] : []));
      const slashed = modules.map((module) => module.replaceAll(".", "/"));
      return [
        {
          name: modules.at(-1) ?? value,
          aliases: [value, node.name, ...modules, ...slashed].filter((name) => name !== ""),
          value,
          shape: info.shape
            .slice(1)
            .map((extent) => (typeof extent === "number" ? extent : undefined)),
          channelAxis: (of.axes.get(value) ?? 1) - 1,
        },
      ];
    }),
  );
}

/**
 * Normalizations by the batch and dropout make maps that depend on what else is explained, and on chance.
 *
 * @throws CajalError `unsupported`
 */
function checkInference({ graph: { nodes, initializers } }: OnnxModel): void {
  const first = (name: string | undefined) => (initializers.get(name ?? "") as Tensor | undefined)?.data[0]; // prettier-ignore
  const training = nodes.find(
    ({ op, domain, inputs, attributes }) =>
      domain === "" &&
      ((op === "BatchNormalization" && attributes["training_mode"]?.value === 1) ||
        (op === "Dropout" && Boolean(first(inputs[2])) && first(inputs[1]) !== 0)),
  );
  if (training)
    throw new CajalError(
      "unsupported",
      `node "${training.name}" (${training.op}) is in training mode: what it gives depends on the batch, or on chance. Export the network for inference, model.eval() in PyTorch.`,
      { node: training.name, op: training.op },
    );
}

type Extents = NonNullable<ValueInfo["shape"]>;

/**
 * Whether a value may have one row for each image: its first extent is neither another one, nor a product with one, nor is the
 * batch on another axis.
 */
function mayBeRows([first, ...rest]: Extents, imageShape: Extents): boolean {
  const [batch] = imageShape;
  if (first === batch) return true;
  // Some exporters write 1 for the batch that they were shown.
  if (typeof first === "number") return first === 1 && !(batch !== 1 && rest.includes(batch));
  const isKnown = (part: string) => /^\d+$/.test(part) || imageShape.includes(part);
  return first === undefined || !first.split("*").every(isKnown);
}
