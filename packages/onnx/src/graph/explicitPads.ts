// Windows whose padding is SAME_UPPER or SAME_LOWER, with the pads themselves, where ONNX Runtime (1.30) reckons others:
// - With dilations it refuses convolutions, and pads pools as if they had none. PyTorch's older exporter writes them for
//   `padding="same"`. With strides of 1 the pads do not depend on the extents: reach − 1 in all, reach being
//   dilation · (kernel − 1) + 1.
// - Where a window is smaller than its stride, less than no padding may be needed. It then cuts elements off before a
//   convolution, unless it is SAME_LOWER, and before some pools, and refuses the others; TensorFlow, which these paddings
//   are from, adds none. Along an axis where a window has one element it never needs any.
import { checkStructure } from "../model/checkStructure";
import { isStatic, type Dims } from "../model/dims";
import type { Attribute, Graph, Node, OnnxModel } from "../model/model";
import type { Adder } from "./upgradeFirst";

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
  if (!isPaddedAlike(node)) return node;
  const { kernel_shape: kernelShape } = node.attributes;
  const input = kernelInputs[node.op];
  const weight = input === undefined ? undefined : initializers.get(node.inputs[input] ?? "");
  const kernel = kernelShape?.type === "ints" ? kernelShape.value : weight?.shape.slice(2);
  if (!kernel) return node;
  const { strides, dilations, reaches } = windows(node, kernel);
  if ([...strides, ...dilations].every((each) => each === 1)) return node;
  if (!kernel.every((extent, i) => extent === 1 || (strides[i] ?? 1) === 1)) return node;
  if (dilations.length !== kernel.length) return node;
  return stated(node, reaches.map((reach) => reach - 1)); // prettier-ignore
}

/** A node whose windows are smaller than their strides, with its pads, where the extents are known; else the node itself. */
export function padsOfSmallWindows(node: Node, g: Pick<Adder, "find">): Node {
  if (!isPaddedAlike(node)) return node;
  const { kernel_shape: kernelShape } = node.attributes;
  const input = kernelInputs[node.op];
  const spatial: Dims = g.find(node.inputs[0]!)?.shape?.slice(2);
  const stored = input === undefined ? undefined : g.find(node.inputs[input]!)?.shape?.slice(2);
  const kernel: Dims = kernelShape?.type === "ints" ? kernelShape.value : stored;
  if (!isStatic(spatial) || !isStatic(kernel) || spatial.includes(0)) return node;
  const { strides, reaches } = windows(node, kernel);
  if (strides.length !== spatial.length || reaches.length !== spatial.length) return node;
  if (strides.every((stride, i) => stride <= reaches[i]!)) return node;
  return stated(
    node,
    spatial.map((extent, i) => {
      const count = Math.ceil(extent / strides[i]!);
      return Math.max(0, (count - 1) * strides[i]! + reaches[i]! - extent);
    }),
  );
}

const isPaddedAlike = ({ domain, op, attributes: { auto_pad: padding } }: Node): boolean =>
  domain === "" &&
  Object.hasOwn(kernelInputs, op) &&
  padding?.type === "string" &&
  padding.value.startsWith("SAME");

/** Strides and dilations of windows, 1 where a node states none, and how far each reaches. */
function windows({ attributes }: Node, kernel: readonly number[]) {
  const ints = (name: string) => {
    const attribute = attributes[name];
    return attribute?.type === "ints" ? attribute.value : kernel.map(() => 1);
  };
  const dilations = ints("dilations");
  const reaches = kernel.map((extent, i) => (dilations[i] ?? 1) * (extent - 1) + 1);
  return { strides: ints("strides"), dilations, reaches };
}

/** The node with pads of these totals in place of `auto_pad`. */
function stated(node: Node, totals: readonly number[]): Node {
  const smaller = totals.map((total) => Math.floor(total / 2));
  const larger = totals.map((total) => Math.ceil(total / 2));
  const { auto_pad: padding, ...attributes } = node.attributes;
  const value = padding?.value === "SAME_UPPER" ? [...smaller, ...larger] : [...larger, ...smaller];
  return { ...node, attributes: { ...attributes, pads: { type: "ints", value } } };
}
