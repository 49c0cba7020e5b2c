// The base of `cajal transfer`: a network's features, of a Keras model or of an ONNX graph.
import { CajalError, type Preprocessing, type Tensor } from "@cajal/core";
import { resolve, summary } from "@cajal/models";
import { GraphBuilder, inferShapes, type Dim, type OnnxModel } from "@cajal/onnx";
import { cutAt, withInputShape, type LoadedGraph, type LoadedModel } from "@cajal/transfer";
import type { Context } from "../context";
import { channelsFirst, imageGraph, imageModel } from "./imageModel";
import { isFile } from "./isFile";

export interface TransferBase<Base> {
  readonly base: Base;
  /** The same, where it is a Keras model. */
  readonly model?: LoadedModel;
  readonly preprocessing: Preprocessing;
  /** Of its input. */
  readonly size: readonly [height: number, width: number];
  readonly params: number;
  /** The only batch that it takes, where it is fixed. */
  readonly batch?: number;
  /** Pictures [n, height, width, 3] as its input takes them. */
  asInput(x: Tensor): Tensor;
}

interface Choice {
  readonly preprocess?: string;
  readonly layer?: string;
  readonly size?: number;
}

/** A network with published weights, or a Keras or TF.js file, without its classifier. */
export async function modelBase(
  name: string,
  { preprocess, layer, size }: Choice,
  context: Pick<Context, "progress" | "signal">,
): Promise<TransferBase<LoadedModel>> {
  const network = await imageModel(name, context, {
    top: false,
    ...(preprocess && { preprocess }),
  });
  const body = layer === undefined ? withoutTop(network, isFile(name)) : cutAt(network, layer);
  const [height, width] = size === undefined ? network.size : [size, size];
  const base = withInputShape(body, [height, width, 3]);
  return {
    base,
    model: base,
    preprocessing: network.preprocessing,
    size: [height, width],
    params: summary(base.model).totalParams,
    asInput: (x) => x,
  };
}

/** The features of a file: its last value that is an image. */
function withoutTop(network: LoadedModel, fromFile: boolean): LoadedModel {
  if (!fromFile) return network;
  const { layers, outputs } = resolve(network.model);
  if (outputs[0]!.shape.length === 4) return network;
  const last = layers.findLast((layer) => layer.outputs[0]?.length === 4 && (layer.outputs[0][1] ?? 2) > 1); // prettier-ignore
  return last ? cutAt(network, last.name) : network;
}

/** An ONNX graph without its classifier: up to the last value that is an image. */
export async function graphBase(
  name: string,
  { preprocess, layer, size }: Choice,
  context: Pick<Context, "progress" | "signal">,
): Promise<TransferBase<LoadedGraph>> {
  const read = await imageGraph(name, context, { ...(preprocess && { preprocess }) });
  const model = sized(name, withFreeBatch(read.graph), size, read.channelsFirst);
  const features = layer ?? lastImage(model);
  if (features === undefined)
    throw new CajalError(
      "unsupported",
      `${name}: none of its values is known to be an image [?,channels,height,width]. Say where its features are: --layer, a node or a value.`,
      { file: name },
    );
  const base = cutAt({ model, ...(read.labels && { labels: read.labels }) }, features);
  const [batch] = inputOf(model).shape ?? [];
  const params = [...base.weights!.values()].reduce((sum, { data }) => sum + data.length, 0);
  return {
    base,
    preprocessing: read.preprocessing,
    size: size === undefined ? read.size : [size, size],
    params,
    ...(typeof batch === "number" && { batch }),
    asInput: read.channelsFirst ? channelsFirst : (x) => x,
  };
}

const inputOf = ({ graph }: OnnxModel) =>
  graph.inputs.find((input) => !graph.initializers.has(input.name))!;

const withInputExtents = (model: OnnxModel, shape: readonly Dim[]): OnnxModel => {
  const { graph } = model;
  const { name } = inputOf(model);
  const inputs = graph.inputs.map((input) => (input.name === name ? { ...input, shape } : input));
  return { ...model, graph: { ...graph, inputs } };
};

/** The graph with a free batch where it was exported with a fixed one, unless it depends on that, as a Reshape may. */
function withFreeBatch(model: OnnxModel): OnnxModel {
  const [batch, ...rest] = inputOf(model).shape ?? [];
  if (typeof batch !== "number") return model;
  const freeBatchModel = withInputExtents(model, ["batch", ...rest]);
  const [output] = freeBatchModel.graph.outputs;
  const fixedBatch = {
    ...freeBatchModel,
    graph: { ...freeBatchModel.graph, outputs: [{ ...output!, shape: undefined }] },
  };
  try {
    const shape = inferShapes(GraphBuilder.from(fixedBatch).build()).get(output!.name)?.shape;
    return shape && typeof shape[0] !== "number" ? freeBatchModel : model;
  } catch {
    return model; // as it was exported, it is sound
  }
}

/** For pictures of a size, which its input must leave free. */
function sized(
  name: string,
  model: OnnxModel,
  size: number | undefined,
  first: boolean,
): OnnxModel {
  const shape = inputOf(model).shape ?? [];
  const axes = first ? [2, 3] : [1, 2];
  const others = axes.map((axis) => shape[axis]).filter((extent) => typeof extent === "number" && extent !== size); // prettier-ignore
  if (size === undefined || others.length === 0) return model;
  throw new CajalError(
    "unsupported",
    `${name}: its input has ${others.join("×")} pixels, and the graph may count on that; leave --size out, or export it with free extents.`,
    { file: name, size },
  );
}

/** The last value of more than one pixel, in the (topological) order of the nodes. */
function lastImage(model: OnnxModel): string | undefined {
  const shapes = inferShapes(model);
  const isImage = (name: string) => {
    const shape = shapes.get(name)?.shape;
    if (shape?.length !== 4 || typeof shape[1] !== "number") return false;
    return shape.slice(2).every((extent) => extent !== 1);
  };
  const nodeOutputs = model.graph.nodes.flatMap(({ outputs }) => outputs[0] ?? []);
  return nodeOutputs.findLast(isImage);
}
