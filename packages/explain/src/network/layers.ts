// The layers of a network that is explained: by name, and those whose maps are taken.
import { CajalError, showShape, unknownName, type Shape } from "@cajal/core";
import { inferShapes, type Node, type ValueInfo } from "@cajal/onnx";
import type { ExplainedGraph, LayerInfo } from "./explainedGraph";
import { valuesAfter, valuesBefore } from "./way";

/** @throws CajalError `unknown-name` */
export function layerNamed({ layers }: ExplainedGraph, name: string): LayerInfo {
  const node =
    layers.find((layer) => layer.name === name) ??
    layers.findLast((layer) => layer.aliases.includes(name)) ??
    unique(layers.filter((layer) => layer.aliases.some((alias) => alias.endsWith(`/${name}`))));
  if (!node)
    throw unknownName(
      "layer of the network",
      name,
      layers.map((layer) => layer.name),
    );
  return node;
}

/**
 * The shape of a layer of an image of the shape `imageShape`, both channels first.
 *
 * @throws CajalError `unsupported` where it does not follow from the image's
 */
export function shapeFor(
  { model, image }: ExplainedGraph,
  { name, value, shape }: LayerInfo,
  imageShape: Shape,
): Shape {
  if (shape.every((extent) => extent !== undefined)) return shape;
  const inputs = model.graph.inputs.map((input) =>
    input.name === image ? { ...input, shape: [1, ...imageShape] } : input,
  );
  const graph = { ...model.graph, inputs, values: new Map<string, ValueInfo>() };
  const extents =
    inferShapes({ ...model, graph })
      .get(value)
      ?.shape?.slice(1) ?? [];
  if (extents.length === shape.length && extents.every((extent) => typeof extent === "number"))
    return extents;
  throw new CajalError(
    "unsupported",
    `layer "${name}" gives ${showShape(shape)} (channels first), of extents that do not follow from the image's, ${showShape(imageShape)}. Fix the height and width in the model, or take another layer.`,
    { layer: name, shape },
  );
}

const unique = (infos: readonly LayerInfo[]) => (infos.length === 1 ? infos[0] : undefined);

/** @throws CajalError `unsupported` for a layer that is no stack of maps, or of one pixel */
export function mapLayer(graph: ExplainedGraph, name: string | undefined): LayerInfo {
  if (name === undefined) return lastMaps(graph);
  const layer = layerNamed(graph, name);
  const [, height, width] = layer.shape;
  if (layer.shape.length !== 3 || (height === 1 && width === 1))
    throw new CajalError(
      "unsupported",
      `layer "${layer.name}" gives ${showShape(layer.shape)} (channels first), which has no spatial extent. Take an earlier one, such as "${lastMaps(graph).name}".`,
      { layer: layer.name, shape: layer.shape },
    );
  if (layer.channelAxis !== 0)
    throw new CajalError(
      "unsupported",
      `layer "${layer.name}" gives ${showShape(layer.shape)}, of which axis ${layer.channelAxis} are the channels; class activation maps take the first axis for them. Take a layer that lies so, such as "${lastMaps(graph).name}".`,
      { layer: layer.name, shape: layer.shape },
    );
  return layer;
}

/**
 * Where maps are taken that are asked for without a layer: the last layer of the same extents as the last
 * convolution's output that is larger than a pixel, behind its normalization and activation and what is
 * added to it, as Grad-CAM's paper has it.
 */
export function lastMaps({ model, image, layers, values, logits }: ExplainedGraph): LayerInfo {
  const before = valuesBefore(model.graph.nodes, [logits]);
  const extents = (name: string) => values.get(name)?.shape?.slice(2);
  const large = (name: string) => {
    const shape = extents(name);
    return shape?.length === 2 && (shape[0] !== 1 || shape[1] !== 1);
  };
  const conv = model.graph.nodes.findLast(
    ({ op, outputs }) => op === "Conv" && before.has(outputs[0]!) && large(outputs[0]!),
  );
  const same = (value: string) => extents(value)?.join() === extents(conv!.outputs[0]!)?.join();
  const attention = conv && attentionIn(model.graph.nodes, image);
  const layer =
    conv &&
    layers.findLast(
      ({ value, shape, channelAxis }) =>
        shape.length === 3 &&
        channelAxis === 0 &&
        before.has(value) &&
        same(value) &&
        !attention!.has(value),
    );
  if (!layer)
    throw new CajalError(
      "unsupported",
      "the network has no two-dimensional convolution whose output is larger than a pixel, and so no layer for class activation maps. Methods such as integrated-gradients need none.",
    );
  return layer;
}

/** Matrices of attention, [n, heads, tokens, tokens]: of few tokens they have the extents of maps, and are none. */
function attentionIn(nodes: readonly Node[], image: string): ReadonlySet<string> {
  const moving = valuesAfter(nodes, image);
  const products = new Set<string>();
  const scaled = "Add Cast Clip Div Dropout Identity Mul Pow Softmax Sub Where".split(" ");
  for (const { op, inputs, outputs } of nodes)
    if (
      ["Einsum", "MatMul"].includes(op)
        ? inputs.every((name) => moving.has(name))
        : scaled.includes(op) && inputs.some((name) => products.has(name))
    )
      for (const output of outputs) products.add(output);
  return products;
}
