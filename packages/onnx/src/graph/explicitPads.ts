// Windows with dilations whose padding is SAME_UPPER or SAME_LOWER, with the pads themselves: ONNX Runtime (1.30) refuses
// such convolutions, and pads pools as if they had no dilations. PyTorch's older exporter writes them for
// `padding="same"`. With strides of 1 the pads do not depend on the extents: reach − 1 in all, reach being
// dilation · (kernel − 1) + 1.
import { checkStructure } from "../model/checkStructure";
import type { Attribute, Graph, Node, OnnxModel } from "../model/model";

/** Operators with such windows, and which input is the kernel, [maps, channels, ...kernel]. */
const kernelInputs: Readonly<Record<string, number | undefined>> = {
  Conv: 1,
  ConvInteger: 1,
  QLinearConv: 3,
  MaxPool: undefined,
  AveragePool: undefined,
  LpPool: undefined,
};

/** The model with pads in place of such paddings; the model itself where there is none. */
export function explicitPads(model: OnnxModel): OnnxModel {
  checkStructure(model, "explicitPads");
  return padsStated(model);
}

/** The same of a model that is checked. */
export function padsStated(model: OnnxModel): OnnxModel {
  const graph = inGraph(model.graph);
  return graph === model.graph ? model : { ...model, graph };
}

function inGraph(graph: Graph): Graph {
  const nodes = graph.nodes.map((node) => withPads(withGraphs(node), graph));
  return nodes.every((node, i) => node === graph.nodes[i]) ? graph : { ...graph, nodes };
}

/** A node whose inner graphs are written so, too. */
function withGraphs(node: Node): Node {
  const entries = Object.entries(node.attributes).map(([name, attribute]) => {
    const inner = attribute.type === "graph" ? inGraph(attribute.value) : undefined;
    return [name, inner && inner !== attribute.value ? { ...attribute, value: inner } : attribute] as const; // prettier-ignore
  });
  return entries.every(([name, attribute]) => attribute === node.attributes[name])
    ? node
    : { ...node, attributes: Object.fromEntries(entries) as Readonly<Record<string, Attribute>> };
}

function withPads(node: Node, { initializers }: Graph): Node {
  if (node.domain !== "" || !Object.hasOwn(kernelInputs, node.op)) return node;
  const { auto_pad: padding, dilations, strides, kernel_shape: kernelShape } = node.attributes;
  if (padding?.type !== "string" || !padding.value.startsWith("SAME")) return node;
  if (dilations?.type !== "ints" || dilations.value.every((each) => each === 1)) return node;
  if (strides?.type === "ints" && strides.value.some((each) => each !== 1)) return node;
  const input = kernelInputs[node.op];
  const weight = input === undefined ? undefined : initializers.get(node.inputs[input] ?? "");
  const kernel = kernelShape?.type === "ints" ? kernelShape.value : weight?.shape.slice(2);
  if (kernel?.length !== dilations.value.length) return node;
  const totals = kernel.map((extent, i) => dilations.value[i]! * (extent - 1));
  const smaller = totals.map((total) => Math.floor(total / 2));
  const larger = totals.map((total) => Math.ceil(total / 2));
  const value = padding.value === "SAME_UPPER" ? [...smaller, ...larger] : [...larger, ...smaller];
  const { auto_pad: _, ...attributes } = node.attributes;
  return { ...node, attributes: { ...attributes, pads: { type: "ints", value } } };
}
