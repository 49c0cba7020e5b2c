// A method of attribution as an ONNX model of its own: images in, maps out, on stock ONNX Runtime anywhere.
import {
  CajalError,
  checkInteger,
  checkNumber,
  checkOptions,
  checkTensor,
  showValue,
  tensor,
  unknownName,
  type Weights,
} from "@cajal/core";
import type { Layer, Model } from "@cajal/models";
import { gradients, GraphBuilder, type OnnxModel, type Value } from "@cajal/onnx";
import { methods, type MethodName, type MethodOptions } from "./methods";
import type { AnyMethod } from "./methods/method";
import type { Baseline } from "./methods/baseline";
import { resizedIn } from "./methods/shared/resize";
import { scoresAs, type ExplainedGraph, type Output } from "./network/explainedGraph";
import { explainedKeras } from "./network/explainedKeras";
import { explainedOnnx } from "./network/explainedOnnx";
import { mapLayer } from "./network/layers";
import { fedBy } from "./network/fedBy";
import { checkFinite, inside, type DataFormat } from "./network/images";
import { checkSlope } from "./network/slope";
import { kindsOf } from "./optionKinds";

export interface AttributionGraphOptions {
  /**
   * The class that is explained: one for all; "input" for a further input `target`, int64 [batch]; "top" for
   * each image's own top class, of methods that look at the image itself and not along a path. Default "top".
   */
  readonly target?: number | "input" | "top";
  /** As for `attribute`. */
  readonly output?: Output;
  /** The layer, where the method is about one; as for `attribute`. */
  readonly layer?: string;
  /** How images come in and maps go out. Default "channels_last". */
  readonly dataFormat?: DataFormat;
  /** How many images come at once. Default 1. */
  readonly batch?: number;
  /** [height, width], where the network leaves them free. */
  readonly size?: readonly [number, number];
  /** Definitions of layers of your own that a Keras model has. */
  readonly layers?: readonly Layer[];
}

const common = ["target", "output", "layer", "dataFormat", "batch", "size", "layers"] as const;

type Options<Name extends MethodName> = AttributionGraphOptions & MethodOptions<Name>;

/** The methods that there are as graphs. */
export const graphMethods: readonly MethodName[] = methods
  .filter((method: AnyMethod) => method.graph)
  .map(({ name }) => name);

/**
 * The ONNX model of a gradient-based method on a network. Its input is `image`, float32 [batch, h, w, c]; its
 * outputs `map`, as `attribute` gives it, and `scores` [batch, classes] of the images; class activation maps
 * give `cam` too, signed at the layer's size.
 *
 * @throws CajalError `unsupported` for a method that is no graph (it lists those that are); as `openExplainer`
 * @example writeFileSync("gradcam.onnx", encodeModel(attributionGraph("grad-cam", model, weights)));
 */
export function attributionGraph<Name extends MethodName>(
  method: Name,
  model: Model,
  weights: Weights,
  options?: Options<Name>,
): OnnxModel;
export function attributionGraph<Name extends MethodName>(
  method: Name,
  model: OnnxModel,
  options?: Options<Name>,
): OnnxModel;
export function attributionGraph(
  name: MethodName,
  model: Model | OnnxModel,
  ...rest: readonly unknown[]
): OnnxModel {
  const list: readonly AnyMethod[] = methods;
  const method = list.find((each) => each.name === name);
  if (!method) throw unknownName("method", name, list.map((each) => each.name)); // prettier-ignore
  if (!method.graph)
    throw new CajalError(
      "unsupported",
      `attributionGraph: ${name} is no single graph. Those that are: ${graphMethods.join(", ")}.`,
      { method: name, graphMethods },
    );
  if (typeof model !== "object" || model === null)
    throw new CajalError("bad-argument", `attributionGraph: got ${showValue(model)} for a model.`);
  const isGraph = "graph" in model;
  const optionsArgument = (isGraph ? rest[0] : rest[1]) ?? {};
  checkOptions(
    `attributionGraph (${name})`,
    optionsArgument as object,
    kindsOf([...common, ...method.options]),
  );
  const options = optionsArgument as AttributionGraphOptions;
  if (!isGraph && !(rest[0] instanceof Map))
    throw new CajalError("bad-argument", "attributionGraph: got a Keras model without weights.");
  const graph = isGraph
    ? explainedOnnx(model)
    : explainedKeras(model, rest[0] as Weights, options.layers);
  return built(graph, method, options);
}

function built(
  explained: ExplainedGraph,
  method: AnyMethod,
  options: AttributionGraphOptions,
): OnnxModel {
  const { target = "top", output, dataFormat = "channels_last", batch = 1 } = options;
  checkInteger("attributionGraph", "batch", batch, { least: 1 });
  const how = method.graph!;
  const methodOptions = options as object;
  const graph = withoutNames(explained, ["image", "target", "map", "cam", "scores"]);
  const shape = extentsOf(graph, options);
  const constant = (b: GraphBuilder) => (value: Baseline) =>
    baselineIn(b, value, shape, dataFormat);
  const input = doorOf(graph, dataFormat, [batch, ...shape]);
  const points = () => how.points?.(input.g, input.x, constant(input.g), methodOptions);
  const fed = input.g.within("door", points) ?? input.x;
  const network = fedBy(graph, input.g, fed);
  const g = GraphBuilder.from(network.model);
  const scores = g.value(scoresAs(graph, output));
  const oneHot = oneHotOf(g, scores, { target, batch, alongPath: fed !== input.x });
  const map = how.map(
    {
      g,
      x: g.value(network.nameOf(input.x)),
      fed: g.value(graph.image),
      scores,
      oneHot,
      explained: graph,
      layer() {
        const info = mapLayer(graph, options.layer);
        return { info, value: g.value(info.value) };
      },
      baseline: constant(g),
      gradients(by, rules, dy = (one) => one) {
        checkSlope(graph, graph.model, scores.name, by.map(({ name }) => name)); // prettier-ignore
        return gradients(g, scores, by, { dy: dy(oneHot), ...(rules && { rules: rules.make(g) }) });
      },
    },
    methodOptions,
  );
  if (method.gives === "cam") {
    g.output(resizedIn(g, g.relu(map), shape.slice(1)), "map");
    g.output(map, "cam");
  } else {
    const last = dataFormat === "channels_last" && map.shape?.length === 4;
    g.output(last ? g.transpose(map, [0, 2, 3, 1]) : map, "map");
  }
  if (fed === input.x) g.output(scores, "scores");
  return g.build({ producer: "cajal" });
}

/** A graph whose values have none of those names. */
function withoutNames(graph: ExplainedGraph, names: readonly string[]): ExplainedGraph {
  const renamed = (name: string) => (names.includes(name) ? `network/${name}` : name);
  const { model } = graph;
  return {
    ...graph,
    image: renamed(graph.image),
    logits: renamed(graph.logits),
    probabilities: renamed(graph.probabilities),
    layers: graph.layers.map((layer) => ({ ...layer, value: renamed(layer.value) })),
    values: new Map([...graph.values].map(([name, info]) => [renamed(name), info])),
    model: {
      ...model,
      graph: {
        ...model.graph,
        inputs: model.graph.inputs.map((input) => ({ ...input, name: renamed(input.name) })),
        outputs: [],
        values: new Map(),
        initializers: new Map([...model.graph.initializers].map(([name, x]) => [renamed(name), x])),
        nodes: model.graph.nodes.map((node) => ({
          ...node,
          inputs: node.inputs.map(renamed),
          outputs: node.outputs.map(renamed),
        })),
      },
    },
  };
}

function extentsOf({ imageShape }: ExplainedGraph, { size }: AttributionGraphOptions): number[] {
  const [channels, ...extents] = imageShape;
  const imageExtents = extents.every((extent) => extent !== undefined) ? extents : (size ?? []);
  const shape = [channels, ...imageExtents];
  if (shape.length !== imageShape.length || !shape.every((extent) => extent !== undefined))
    throw new CajalError(
      "bad-argument",
      `attributionGraph: the network takes images of any size, [${imageShape.map((extent) => extent ?? "?").join()}] (channels first); say which: { size: [height, width] }.`,
      { shape: imageShape },
    );
  return shape;
}

/** The graph's beginning: images come in as they lie outside; `x` has channels first. */
function doorOf(graph: ExplainedGraph, format: DataFormat, shape: readonly number[]) {
  const g = new GraphBuilder({ name: graph.model.graph.name });
  const [n, c, ...extents] = shape as [number, number, ...number[]];
  const last = format === "channels_last" && shape.length === 4;
  const image = g.input("image", "float32", last ? [n, ...extents, c] : shape);
  const x = last ? g.within("door", () => g.transpose(image, [0, 3, 1, 2])) : image;
  return { g, x };
}

/** [rows, classes]: 1 at each row's target. */
function oneHotOf(
  g: GraphBuilder,
  scores: Value,
  {
    target,
    batch,
    alongPath,
  }: { target: number | "input" | "top"; batch: number; alongPath: boolean },
): Value {
  const [rows, classes] = scores.shape as [number, number];
  const ends = () => g.constant(tensor("float32", [2], [0, 1]));
  if (typeof target === "number") {
    checkInteger("attributionGraph", "target", target, { least: 0, most: classes - 1 });
    const row = Array.from({ length: classes }, (_, i) => (i === target ? 1 : 0));
    return g.expand(g.constant(tensor("float32", [1, classes], row)), [rows, classes]);
  }
  if (target === "input") {
    const perImage = g.oneHot(g.input("target", "int64", [batch]), classes, ends());
    return rows === batch ? perImage : g.tile(perImage, [rows / batch, 1]);
  }
  if (target !== "top") throw unknownName("target", target, ["top", "input"]);
  if (alongPath)
    throw new CajalError(
      "bad-argument",
      'attributionGraph: along a path the network does not see the image itself, so its top class is not known; give `target`, a class or "input".',
    );
  return g.oneHot(g.argMax(scores, { axis: 1, keepdims: false }), classes, ends());
}

/** A baseline as a constant [1, …] or [batch, …], channels first. */
function baselineIn(
  g: GraphBuilder,
  baseline: Baseline,
  shape: readonly number[],
  format: DataFormat,
): Value {
  if (typeof baseline === "number") {
    checkNumber("attributionGraph", "baseline", baseline);
    return g.scalar("float32", baseline);
  }
  checkTensor(baseline, "attributionGraph: baseline");
  checkFinite("attributionGraph: baseline", baseline.data);
  const one = baseline.shape.length === shape.length;
  const batch = inside(one ? { ...baseline, shape: [1, ...baseline.shape] } : baseline, format);
  if (batch.shape.slice(1).join() !== shape.join())
    throw new CajalError(
      "bad-shape",
      `attributionGraph: got a baseline of [${baseline.shape.join()}], expected the image's shape.`,
      { got: baseline.shape },
    );
  return g.constant(batch);
}
