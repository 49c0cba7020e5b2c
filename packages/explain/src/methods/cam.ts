// CAM (Zhou et al. 2015, arXiv:1512.04150): wₖ = the weight of channel k for the class, in a dense layer behind a
// global average pooling; without 1/(h w), so that Grad-CAM is this divided by the number of pixels.
import { CajalError, tensor, type Tensor } from "@cajal/core";
import type { Node } from "@cajal/onnx";
import type { ExplainedGraph, LayerInfo } from "../network/explainedGraph";
import { mapLayer } from "../network/layers";
import { rowsOf } from "../network/rows";
import { defineMethod } from "./method";
import { finished, mapsOf, overChannels, weightedSum } from "./shared/cam";
import { layerOf } from "./shared/evaluate";

export const cam = defineMethod({
  name: "cam",
  title: "CAM",
  gives: "cam",
  plain: true,
  options: [],
  async attribute(call) {
    const { graph } = call.network;
    const layer = mapLayer(graph, call.layer);
    const weight = classWeights(graph, layer);
    const a = await layerOf(call, rowsOf(call.images), layer.value);
    const cams = call.targets.map((target, image) => {
      const maps = mapsOf(a, image);
      return weightedSum(maps, Float64Array.from({ length: maps.channels }, (_, k) => weight(k, target))); // prettier-ignore
    });
    return finished(call, layer.name, cams, a.shape.slice(1));
  },
  graph: {
    map({ g, explained, layer, oneHot }) {
      const { info, value } = layer();
      const weight = classWeights(explained, info);
      const [n, channels] = value.shape as [number, number];
      const matrix = Array.from({ length: explained.classes * channels }, (_, i) => weight(i % channels, Math.floor(i / channels))); // prettier-ignore
      const weights = g.constant(tensor("float32", [explained.classes, channels], matrix));
      const targetWeights = g.reshape(g.matMul(oneHot, weights), [n, channels, 1, 1]);
      return overChannels(g, g.mul(targetWeights, value));
    },
  },
});

/** Between pooling and weights nothing may change values. */
const passing = ["Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Transpose"];

/** The weight of a channel for a class, where the scores are one linear layer on the pooled channels. */
function classWeights(
  { model, logits, values, classes }: ExplainedGraph,
  layer: LayerInfo,
): (channel: number, target: number) => number {
  const { nodes, initializers } = model.graph;
  const maker = (name: string | undefined) => nodes.find((node) => node.outputs[0] === name);
  const back = (node: Node | undefined): Node | undefined =>
    node && passing.includes(node.op) ? back(maker(node.inputs[0])) : node;
  let dense = back(maker(logits));
  if (dense?.op === "Add")
    dense = back(
      dense.inputs.map(maker).find((node) => node && ["Gemm", "MatMul", "Conv"].includes(node.op)),
    );
  const pool = dense && back(maker(dense.inputs[0]));
  const pooled = pool && isPoolingOf(layer, pool, { nodes, initializers, values });
  const kernel = dense && (initializers.get(dense.inputs[1]!) as Tensor | undefined);
  if (
    !dense ||
    !pooled ||
    !kernel ||
    !["Gemm", "MatMul", "Conv"].includes(dense.op) ||
    kernel.data.length !== classes * layer.shape[0]!
  )
    throw new CajalError(
      "unsupported",
      `attribute (cam): between layer "${layer.name}" and the scores there must be a global average pooling and one dense layer. Method grad-cam is the same without that.`,
      { layer: layer.name },
    );
  const { transB, alpha } = dense.attributes;
  const transposed = transB?.value === 1 || dense.op === "Conv";
  const share = dense.op === "Gemm" && alpha?.type === "float" ? alpha.value : 1;
  const columns = kernel.shape[1]!;
  return (channel, target) =>
    share *
    Number(kernel.data[transposed ? target * columns + channel : channel * columns + target]);
}

type Axis = "batch" | "channels" | "height" | "width" | "pixels";

/** Whether a node takes the mean of all pixels of a layer's channels, and of nothing else. */
function isPoolingOf(
  layer: LayerInfo,
  { op, attributes, inputs }: Node,
  graph: Pick<ExplainedGraph["model"]["graph"], "nodes" | "initializers"> &
    Pick<ExplainedGraph, "values">,
): boolean {
  const axes = axesOf(inputs[0]!, layer, graph);
  const ints = (name: string) => {
    const attribute = attributes[name];
    return attribute?.type === "ints" ? attribute.value : undefined;
  };
  if (!axes) return false;
  const isImage = axes.join() === "batch,channels,height,width";
  if (op === "GlobalAveragePool") return isImage;
  if (op === "AveragePool")
    return (
      isImage &&
      !ints("pads")?.some((pad) => pad !== 0) &&
      ints("kernel_shape")?.every((size, i) => size === layer.shape[i + 1]) === true
    );
  const listed = graph.initializers.get(inputs[1] ?? "") as Tensor | undefined;
  if (op !== "ReduceMean" || !listed) return false;
  const reduced = Array.from(listed.data as ArrayLike<number | bigint>, (axis) => axes.at(Number(axis))!); // prettier-ignore
  const others = axes.filter((axis) => axis !== "batch" && axis !== "channels");
  return others.length === reduced.length && others.every((axis) => reduced.includes(axis));
}

/** What the axes of a value are, where it is a layer's maps laid otherwise. */
function axesOf(
  value: string,
  layer: LayerInfo,
  graph: Pick<ExplainedGraph["model"]["graph"], "nodes"> & Pick<ExplainedGraph, "values">,
): readonly Axis[] | undefined {
  if (value === layer.value) return ["batch", "channels", "height", "width"];
  const node = graph.nodes.find(({ outputs }) => outputs[0] === value);
  const before = node && passing.includes(node.op) ? axesOf(node.inputs[0]!, layer, graph) : undefined; // prettier-ignore
  if (!before) return undefined;
  const { perm } = node!.attributes;
  if (node!.op === "Transpose")
    return perm?.type === "ints" ? perm.value.map((axis) => before[axis]!) : before.toReversed();
  const extents = (name: string) => graph.values.get(name)?.shape?.slice(1);
  const [from, to] = [extents(node!.inputs[0]!), extents(value)];
  if (!from || !to) return undefined;
  if (from.join() === to.join()) return before;
  // Height and width, which lie beside each other, as one axis.
  const first = before.indexOf("height");
  if (first === -1 || before[first + 1] !== "width") return undefined;
  const pixels = [...from.slice(0, first - 1), Number(from[first - 1]) * Number(from[first]), ...from.slice(first + 1)]; // prettier-ignore
  return pixels.join() === to.join() ? before.toSpliced(first, 2, "pixels") : undefined;
}
