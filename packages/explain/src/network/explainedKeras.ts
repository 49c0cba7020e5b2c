import type { Weights } from "@cajal/core";
import {
  lower,
  resolve,
  type KerasShape,
  type Layer,
  type LoweredValue,
  type Model,
} from "@cajal/models";
import { GraphBuilder, type Node, type OnnxModel } from "@cajal/onnx";
import { graphOf, notOne, type ExplainedGraph, type LayerInfo } from "./explainedGraph";

/** @throws CajalError as `resolve` and `lower`; `unsupported` for what is no classifier of one input */
export function explainedKeras(
  model: Model,
  weights: Weights,
  layers: readonly Layer[] | undefined,
): ExplainedGraph {
  const network = resolve(model, { layers });
  const [input, ...more] = network.inputs;
  if (!input || more.length > 0)
    throw notOne(
      "inputs",
      network.inputs.map(({ from }) => from),
    );
  const g = new GraphBuilder({ name: network.name });
  const [, ...rest] = input.shape;
  const image = g.input(input.from, input.dtype, ["batch", ...channelsFirst(rest)]);
  const isImage = rest.length === 3;
  const channelsLast = isImage ? g.transpose(image, [0, 2, 3, 1]) : image;
  const paths = network.calls
    .filter((call) => call.inner.definition.className !== "InputLayer")
    .map((call) => call.layer.path);
  // Every layer is watched, so that none is folded into another and all have their values.
  const watch = [...new Set(paths)];
  const lowered = lower(g, model, { inputs: [channelsLast], weights, layers, watch });
  const layersIn = (valueOf: (name: string) => string) =>
    watch.map((name): LayerInfo => {
      const { value, shape, flattened } = lowered.within.get(name)!;
      return {
        name,
        aliases: [],
        value: valueOf(value.name),
        shape: channelsFirst(shape.slice(1)),
        // Keras has channels last, and images lie channels first here.
        channelAxis: shape.length === 4 ? 0 : Math.max(0, shape.length - 2),
        flattened,
      };
    });
  const orders = new Map(
    watch.flatMap((name) => {
      const order = orderFrom(lowered.within.get(name)!);
      return order ? [[lowered.within.get(name)!.value.name, order] as const] : [];
    }),
  );
  const output = lowered.outputs[0]!;
  if (orders.size === 0)
    return graphOf(
      g,
      image,
      output,
      layersIn((name) => name),
      isImage,
    );
  const reordered = withReordered(g.build(), orders);
  const h = GraphBuilder.from(reordered.model);
  return graphOf(
    h,
    h.value(image.name),
    h.value(reordered.back.get(output.name) ?? output.name),
    layersIn((name) => reordered.layers.get(name) ?? name),
    isImage,
  );
}

/** How a layer's axes are ordered to lie as here: images channels first, all else as in Keras; undefined where they do. */
function orderFrom({ shape, channelsFirst: first }: LoweredValue): readonly number[] | undefined {
  const isImage = shape.length === 4;
  if (shape.length < 3 || first === isImage) return undefined;
  const spatial = shape.slice(2).map((_, i) => i + 1);
  return isImage ? [0, 3, 1, 2] : [0, ...spatial.map((axis) => axis + 1), 1];
}

/**
 * The model with values in another order on the way: behind each its transposed form, which a layer is, and that transposed
 * back, which all who read the value then read. ONNX Runtime takes both out again where nobody asks for the layer.
 */
function withReordered(model: OnnxModel, orders: ReadonlyMap<string, readonly number[]>) {
  const [layers, back] = [new Map<string, string>(), new Map<string, string>()];
  const transposed = (from: string, to: string, perm: readonly number[]): Node => ({
    op: "Transpose",
    domain: "",
    name: to,
    inputs: [from],
    outputs: [to],
    attributes: { perm: { type: "ints", value: perm } },
  });
  const nodes = model.graph.nodes.flatMap((node) => {
    const inputs = node.inputs.map((name) => back.get(name) ?? name);
    const added = node.outputs.flatMap((name) => {
      const order = orders.get(name);
      if (!order) return [];
      const [layer, again] = [`${name}/layer`, `${name}/again`];
      layers.set(name, layer);
      back.set(name, again);
      const inverse = order.map((_, axis) => order.indexOf(axis));
      return [transposed(name, layer, order), transposed(layer, again, inverse)];
    });
    return [{ ...node, inputs }, ...added];
  });
  return { model: { ...model, graph: { ...model.graph, nodes } }, layers, back };
}

const channelsFirst = (shape: KerasShape): (number | undefined)[] => {
  const extents = shape.map((extent) => extent ?? undefined);
  return extents.length === 3 ? [extents[2], extents[0], extents[1]] : extents;
};
