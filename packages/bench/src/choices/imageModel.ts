// A network for images, by its name or from a file, with its input size and preprocessing.
import { basename } from "node:path";
import { CajalError, tensor, unknownName, type Preprocessing, type Tensor, type Weights } from "@cajal/core"; // prettier-ignore
import { evaluation, type Evaluation } from "@cajal/datasets";
import { models, resolve, type ModelConfig } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import { pretrained, readModel } from "@cajal/transfer";
import type { Context } from "../context";
import { isFile } from "./isFile";

export const preprocessings = ["tf", "caffe", "torch"] as const;

export interface ImageModel {
  readonly name: string;
  readonly model: ModelConfig;
  readonly weights: Weights;
  readonly labels?: readonly string[];
  readonly preprocessing: Preprocessing;
  /** Of its input. */
  readonly size: readonly [height: number, width: number];
}

/**
 * @param name of a network with published weights, or a file of a Keras or TF.js model
 * @param options.top with its classifier, default true; of files, always as they are
 * @throws CajalError `bad-argument` where the preprocessing is not known
 */
export async function imageModel(
  name: string,
  { progress, signal }: Pick<Context, "progress" | "signal">,
  { preprocess, top = true }: { preprocess?: string; top?: boolean } = {},
): Promise<ImageModel> {
  if (preprocess !== undefined && !preprocessings.some((one) => one === preprocess))
    throw unknownName("preprocessing", preprocess, [...preprocessings]);
  if (!isFile(name)) {
    const network = await pretrained(name, {
      include_top: top,
      signal,
      onProgress: ({ loaded, total }) => progress.update(total ? loaded / total : 0, "its weights"),
    });
    const [height, width] = models.find((facts) => facts.name === network.name)!.input;
    return { ...network, preprocessing: network.preprocessing!, size: [height, width] };
  }
  const { model, weights, labels } = await readModel(name, { signal });
  const { shape } = resolve(model).inputs[0]!;
  const [, height, width, channels] = shape;
  if (shape.length !== 4 || channels !== 3)
    throw new CajalError(
      "unsupported",
      `${name}: its input is [${shape.map((extent) => extent ?? "?").join(",")}], expected pictures [?,height,width,3].`,
      { file: name },
    );
  const preprocessing = preprocess ?? preprocessingOf(model.config.name);
  if (!preprocessing)
    throw new CajalError(
      "bad-argument",
      `${name}: nothing in it tells how pixels become its input. Say so: --preprocess tf (to -1 … 1), caffe (BGR less the means), torch (0 … 1, standardized).`,
      { file: name },
    );
  return {
    name: basename(name),
    model,
    weights,
    ...(labels && { labels }),
    preprocessing: preprocessing as Preprocessing,
    size: [height ?? 224, width ?? 224],
  };
}

/** An ONNX graph for images, with its input size and preprocessing. */
export interface ImageGraph extends Omit<ImageModel, "model" | "weights"> {
  readonly graph: OnnxModel;
  /** Whether its input is [batch, channels, height, width]. */
  readonly channelsFirst: boolean;
}

/**
 * @param name of an ONNX file
 * @throws CajalError as {@link imageModel}
 */
export async function imageGraph(
  name: string,
  { signal }: Pick<Context, "signal">,
  { preprocess }: { preprocess?: string } = {},
): Promise<ImageGraph> {
  if (preprocess !== undefined && !preprocessings.some((one) => one === preprocess))
    throw unknownName("preprocessing", preprocess, [...preprocessings]);
  const read = await readModel(name, { signal, graphs: true });
  if (!("graph" in read.model))
    throw new CajalError("bad-file", `${name}: it is ${read.format}, expected an ONNX graph.`, { file: name }); // prettier-ignore
  const graph = read.model;
  const input = graph.graph.inputs.find((one) => !graph.graph.initializers.has(one.name));
  const shape = input?.shape ?? [];
  const channelsFirst = shape.length === 4 && shape[1] === 3;
  if (!channelsFirst && !(shape.length === 4 && shape[3] === 3))
    throw new CajalError(
      "unsupported",
      `${name}: its input is [${shape.map((dim) => dim ?? "?").join(",")}], expected pictures [?,3,height,width] or [?,height,width,3].`,
      { file: name },
    );
  const preprocessing = preprocess ?? preprocessingOf(graph.graph.name);
  if (!preprocessing)
    throw new CajalError(
      "bad-argument",
      `${name}: nothing in it tells how pixels become its input. Say so: --preprocess tf (to -1 … 1), caffe (BGR less the means), torch (0 … 1, standardized).`,
      { file: name },
    );
  const [height, width] = channelsFirst ? shape.slice(2) : shape.slice(1);
  const extent = (dim: unknown) => (typeof dim === "number" ? dim : 224);
  return {
    name: basename(name),
    graph,
    channelsFirst,
    ...(read.labels && { labels: read.labels }),
    preprocessing: preprocessing as Preprocessing,
    size: [extent(height), extent(width)],
  };
}

/** Whether it is the name of a file with an ONNX graph. */
export const isGraphFile = (name: string): boolean => /\.onnx$/i.test(name);

/** Pictures [n, height, width, channels] as [n, channels, height, width]. */
export function channelsFirst({ data, shape }: Tensor): Tensor<"float32"> {
  const [n, h, w, c] = shape as [number, number, number, number];
  const first = tensor("float32", [n, c, h, w]);
  const pixels = h * w;
  for (let i = 0; i < n; i++)
    for (let p = 0; p < pixels; p++)
      for (let k = 0; k < c; k++)
        first.data[(i * c + k) * pixels + p] = Number(data[(i * pixels + p) * c + k]);
  return first;
}

/**
 * The preprocessing of the network whose name is a prefix of the model's: "mobilenet_0.75_224" is a MobileNet, and
 * "MobileNetV3Small", of another version, is none.
 */
export function preprocessingOf(name: string): Preprocessing | undefined {
  const normalizedName = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const candidates = models
    .filter((facts) => {
      const [all, known] = [normalizedName(name), normalizedName(facts.name)];
      const isVersion = /^v\d/.test(all.slice(known.length));
      return facts.preprocessing && all.startsWith(known) && !isVersion;
    })
    // The longest prefix: MobileNetV2 is not MobileNet.
    .sort((a, b) => b.name.length - a.name.length);
  return candidates[0]?.preprocessing;
}

/** A decoded picture → the network's input. */
export const prepareImage = ({
  name,
  size: [height, width],
  preprocessing,
}: Pick<ImageModel, "name" | "size" | "preprocessing">): Evaluation =>
  evaluation({ name, input: [height, width, 3], preprocessing });
