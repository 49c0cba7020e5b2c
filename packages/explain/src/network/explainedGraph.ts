// A classifier as a graph to be explained: its image with the channels first, its scores before and
// behind the softmax or sigmoid, and its layers by name, wherever it came from.
import { CajalError, showShape, unknownName, type Shape, type Weights } from "@cajal/core";
import {
  lower,
  resolve,
  type KerasShape,
  type Layer,
  type LoweredValue,
  type Model,
} from "@cajal/models";
import {
  GraphBuilder,
  inferShapes,
  upgradeModel,
  type Node,
  type OnnxModel,
  type Value,
  type ValueInfo,
} from "@cajal/onnx";
import { channelAxes } from "./channelAxes";
import { moduleOf } from "./modules";
import { withOwnWeights } from "./ownWeights";
import { stemOf } from "./stem";
import { valuesAfter, valuesBefore } from "./way";

/** A layer, or a value of a graph: on the way from the image to the scores. */
export interface LayerInfo {
  /** As one names it, and as results name it. */
  readonly name: string;
  /** Other names that it answers to. */
  readonly aliases: readonly string[];
  /** The graph's value. */
  readonly value: string;
  /** Of one example, channels first; undefined where an extent is free. */
  readonly shape: readonly (number | undefined)[];
  /** On which of these axes the channels are; the first, where nothing tells. */
  readonly channelAxis: number;
  /** The image whose flattened form this is, [height, width, channels] in Keras, where it lies otherwise here. */
  readonly flattened?: readonly number[] | undefined;
}

export interface ExplainedGraph {
  /** Whose values are all inside; its outputs are nobody's. */
  readonly model: OnnxModel;
  /** The value of the image. */
  readonly image: string;
  /** Of one image, channels first; undefined where an extent is free. */
  readonly imageShape: readonly (number | undefined)[];
  /** How many images must come at once, where the graph says so. */
  readonly batch: number | undefined;
  /** Values of the scores: [batch, classes]. */
  readonly logits: string;
  /** Values of the classes' probabilities: of a sigmoid where the network ends in one or has one score, else of a softmax. */
  readonly probabilities: string;
  /** Whether the probabilities are a sigmoid's: each class has its own, and they are no distribution. */
  readonly independent: boolean;
  readonly classes: number;
  readonly layers: readonly LayerInfo[];
  /** The last value before which all is affine, where sparing the way there and back is worth it. */
  readonly stem: string | undefined;
  /** Of every value, as far as known. */
  readonly values: ReadonlyMap<string, ValueInfo>;
}

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
  const channelsLast = rest.length === 3 ? g.transpose(image, [0, 2, 3, 1]) : image;
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
    return withScores(
      g,
      image,
      output,
      layersIn((name) => name),
    );
  const reordered = withReordered(g.build(), orders);
  const h = GraphBuilder.from(reordered.model);
  return withScores(
    h,
    h.value(image.name),
    h.value(reordered.back.get(output.name) ?? output.name),
    layersIn((name) => reordered.layers.get(name) ?? name),
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

/** @throws CajalError `unsupported` for what is no classifier of one float32 input */
export function explainedOnnx(onnx: OnnxModel): ExplainedGraph {
  const model = withOwnWeights(upgradeModel(onnx));
  const { inputs, outputs, nodes } = model.graph;
  const [input, ...more] = inputs;
  if (!input || more.length > 0)
    throw notOne(
      "inputs",
      inputs.map(({ name }) => name),
    );
  const g = GraphBuilder.from(model);
  const image = g.value(input.name);
  const axes = channelAxes(model, inferShapes(model));
  const layers = layersOf(g, nodes, { batch: image.shape?.[0], axes });
  return withScores(g, image, g.value(outputs[0]!.name), layers);
}

const channelsFirst = (shape: KerasShape): (number | undefined)[] => {
  const extents = shape.map((extent) => extent ?? undefined);
  return extents.length === 3 ? [extents[2], extents[0], extents[1]] : extents;
};

function notOne(what: string, names: readonly string[]): CajalError {
  return new CajalError(
    "unsupported",
    `the model has ${names.length} ${what}: ${names.join(", ")}. What a network looks at is told of models of one.`,
    { [what]: names },
  );
}

/** Finds or adds logits and softmax, and states what is known. */
function withScores(
  g: GraphBuilder,
  image: Value,
  output: Value,
  layers: readonly LayerInfo[],
): ExplainedGraph {
  const maker = (name: string) => g.nodes.find((node) => node.outputs.includes(name));
  // Behind its softmax a network may lay scores otherwise, as MobileNet does.
  const laid: Node[] = [];
  let last = maker(output.name);
  while (last && laying.includes(last.op)) {
    laid.unshift(last);
    last = maker(last.inputs[0]!);
  }
  const ends = (op: string) => last?.op === op && last.domain === "";
  const activated = ends("Softmax") || ends("Sigmoid") || ends("LogSoftmax");
  const logits = inRows(g, activated ? laidAs(g, laid, g.value(last!.inputs[0]!)) : output);
  const { shape } = logits;
  const classes = shape?.at(-1);
  const axis = last?.attributes["axis"]?.value ?? -1;
  const over = last && g.value(last.inputs[0]!).shape?.at(Number(axis));
  if (
    shape?.length !== 2 ||
    typeof classes !== "number" ||
    logits.dtype !== "float32" ||
    ((ends("Softmax") || ends("LogSoftmax")) && over !== classes)
  )
    throw new CajalError(
      "unsupported",
      `the model's output "${output.name}" is ${output.dtype} [${output.shape?.join() ?? "?"}], expected scores [batch, classes] in float32.`,
      { output: output.name, shape: output.shape },
    );
  // Of a score that is the only one a softmax would be 1, whatever it is.
  const isAlone = classes === 1 && !activated;
  const probabilities =
    ends("Softmax") || ends("Sigmoid")
      ? inRows(g, output)
      : isAlone
        ? g.sigmoid(logits)
        : g.softmax(logits, { axis: -1 });
  if (image.dtype !== "float32")
    throw new CajalError(
      "unsupported",
      `input "${image.name}" is ${image.dtype}, expected float32: by whole numbers nothing is differentiated.`,
      { input: image.name, dtype: image.dtype },
    );
  const [batch, ...imageShape] = image.shape ?? [];
  const model = g.build();
  const values = inferShapes(model);
  // Behind the scores a layer may lie that lays them otherwise.
  const before = valuesBefore(model.graph.nodes, [output.name, logits.name, probabilities.name]);
  const after = valuesAfter(model.graph.nodes, image.name);
  const isOnTheWay = ({ value }: LayerInfo) => before.has(value) && after.has(value);
  return {
    model,
    image: image.name,
    imageShape: imageShape.map((extent) => (typeof extent === "number" ? extent : undefined)),
    batch: typeof batch === "number" ? batch : undefined,
    logits: logits.name,
    probabilities: probabilities.name,
    independent: ends("Sigmoid") || isAlone,
    classes,
    layers: layers.filter(isOnTheWay),
    stem: stemOf(model, image.name, [logits.name, probabilities.name], values),
    values,
  };
}

/** They lay elements otherwise. */
const laying = ["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"];

/** A value laid by the same nodes once more, so that logits are in the order of their probabilities. */
const laidAs = (g: GraphBuilder, nodes: readonly Node[], value: Value): Value =>
  nodes.reduce(
    (from, node) =>
      g.append({
        ...node,
        name: g.freshName(node.name || node.outputs[0]!),
        inputs: [from.name, ...node.inputs.slice(1)],
        outputs: [g.freshName(node.outputs[0]!)],
      })[0]!,
    value,
  );

/** Scores [batch, 1, 1, classes] as [batch, classes]. */
function inRows(g: GraphBuilder, scores: Value): Value {
  const { shape } = scores;
  if (!shape || shape.length < 3) return scores;
  const more = shape.slice(1).filter((extent) => extent !== 1);
  return more.length === 1 ? g.reshape(scores, [0, -1]) : scores;
}

/**
 * Every value of a graph that is computed for each example of a batch, named by its module where it is the last of
 * one. Others, such as the initial state of an LSTM or a sequence that lies time first, are no layers.
 */
function layersOf(
  g: GraphBuilder,
  nodes: readonly Node[],
  of: {
    readonly batch: number | string | undefined;
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
      if (info?.dtype !== "float32" || !info.shape) return [];
      const [first] = info.shape;
      // Some exporters write 1 for the batch that they were shown.
      if (typeof first === "number" && first !== of.batch && first !== 1) return [];
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

/** What of a class is explained: its logit, its probability, or that and it has to be a softmax's. */
export type Output = "logit" | "probability" | "softmax";

const outputs: readonly Output[] = ["logit", "probability", "softmax"];

/**
 * The value of the scores.
 *
 * @throws CajalError `unknown-name`; `unsupported` for the softmax of a network that ends in a sigmoid or has one score
 */
export function scoresAs(graph: ExplainedGraph, output: Output = "logit"): string {
  if (!outputs.includes(output)) throw unknownName("output", output, outputs);
  if (output === "softmax" && graph.independent)
    throw new CajalError(
      "unsupported",
      `the network ${graph.classes === 1 ? "has one score" : "ends in a sigmoid"}: its outputs are no distribution. Take output "probability" or "logit".`,
    );
  return output === "logit" ? graph.logits : graph.probabilities;
}

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
export function lastMaps({ model, layers, values, logits }: ExplainedGraph): LayerInfo {
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
  const layer =
    conv &&
    layers.findLast(
      ({ value, shape, channelAxis }) =>
        shape.length === 3 && channelAxis === 0 && before.has(value) && same(value),
    );
  if (!layer)
    throw new CajalError(
      "unsupported",
      "the network has no two-dimensional convolution whose output is larger than a pixel, and so no layer for class activation maps. Methods such as integrated-gradients need none.",
    );
  return layer;
}
