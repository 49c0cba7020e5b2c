// Opens a network to be explained.
import { CajalError, checkOptions, optionsOf, showValue, type Weights } from "@cajal/core";
import { resolve, weightSpecs, type Layer, type Model } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import type { DeviceChoice, EngineName } from "@cajal/runtime";
import { explainerOf } from "./explainerOf";
import type { Explainer } from "./explainer";
import type { ExplainedGraph } from "./network/explainedGraph";
import { explainedKeras } from "./network/explainedKeras";
import { explainedOnnx } from "./network/explainedOnnx";
import type { DataFormat } from "./network/images";
import { networkOf, type TfjsModel } from "./network/network";
import { withScores } from "./network/withScores";

export interface ExplainerOptions {
  /** Default "onnx". Engine tfjs has the methods that need nothing but gradients and runs forwards. */
  readonly engine?: EngineName;
  /** Default "auto". */
  readonly device?: DeviceChoice;
  /** Threads that one operator may use, engine onnx only; default: as `open` takes them. */
  readonly threads?: number;
  /** Definitions of layers of your own that a Keras model has. */
  readonly layers?: readonly Layer[];
  /** Layout of images, maps and layers, passed in and returned: NHWC, the default, or NCHW. */
  readonly dataFormat?: DataFormat;
  /** Bytes that the activations of a batch may take, about; maps do not depend on it. Default 512 MiB. */
  readonly memory?: number;
}

const explainerOptions = optionsOf<ExplainerOptions>({
  engine: ["onnx", "tfjs"],
  device: true,
  threads: true,
  layers: "array",
  dataFormat: ["channels_last", "channels_first"],
  memory: { whole: true, least: 1 },
});

/**
 * Opens a Keras model, ours or the JSON of Keras or TF.js, nested ones too, to be explained: a classifier of one
 * input that ends in logits, a softmax or a sigmoid. Of several outputs the first one is explained.
 *
 * @param weights `layer/weight` → tensor; they must not change while the explainer lives
 * @throws CajalError `unsupported` for what is no classifier of one float32 input; as `open` of @cajal/runtime
 * @example
 * const explainer = await openExplainer(model, weights);
 * const { map, layer } = await explainer.attribute(image, { method: "grad-cam", target: 3 });
 */
export async function openExplainer(
  model: Model,
  weights: Weights,
  options?: ExplainerOptions,
): Promise<Explainer>;
/**
 * Opens an ONNX graph, of any exporter, whose input is of images NCHW. Here they come NHWC all the same; layers
 * go by their values' names, and by PyTorch's modules where the exporter left these.
 *
 * @throws CajalError as above; `unsupported` on engine tfjs
 */
export async function openExplainer(
  model: OnnxModel,
  options?: ExplainerOptions,
): Promise<Explainer>;
export async function openExplainer(
  model: Model | OnnxModel,
  ...rest: [weights: Weights, options?: ExplainerOptions] | [options?: ExplainerOptions]
): Promise<Explainer> {
  if (typeof model !== "object" || model === null)
    throw new CajalError(
      "bad-argument",
      `openExplainer: got ${showValue(model)}, expected a Keras config or an ONNX model.`,
    );
  const [weights, options = {}] = isWeights(rest[0])
    ? [rest[0], rest[1]]
    : [undefined, rest[0] ?? rest[1]];
  checkOptions("openExplainer", options, explainerOptions);
  const { engine = "onnx", device = "auto", threads, layers, memory = 2 ** 29 } = options;
  const { dataFormat = "channels_last" } = options;
  const opened = { device, threads, layers, memory };
  const onOnnx = (graph: ExplainedGraph) => networkOf(graph, opened);
  if ("graph" in model) {
    if (engine === "tfjs")
      throw new CajalError(
        "unsupported",
        "engine tfjs runs Keras models, not ONNX graphs. Use engine onnx.",
        { engine },
      );
    return explainerOf(onOnnx(explainedOnnx(model)), dataFormat, onOnnx);
  }
  if (!weights)
    throw new CajalError(
      "bad-argument",
      "openExplainer: got a Keras model without weights, expected openExplainer(model, weights, options).",
    );
  weightSpecs(model, { layers });
  if (engine === "onnx")
    return explainerOf(onOnnx(explainedKeras(model, weights, layers)), dataFormat, onOnnx);
  const [output] = resolve(model, { layers }).outputs;
  const scored = withScores(model, output?.shape.at(-1) ?? undefined);
  const explained = explainedKeras(scored.model, weights, layers);
  const { countsAs } = scored;
  const named = explained.layers.flatMap((layer) => {
    const name = countsAs.has(layer.name) ? countsAs.get(layer.name) : layer.name;
    // TF.js computes the units of a flattened layer in Keras' order.
    return name === undefined ? [] : [{ ...layer, name, flattened: undefined }];
  });
  const graph = { ...explained, layers: named };
  // Scores are layers, too; where two layers give one value, the first is as good.
  const names = new Map([
    ...explained.layers.toReversed().map(({ name, value }) => [value, name] as const),
    [graph.probabilities, scored.probabilities] as const,
    [graph.logits, scored.logits] as const,
  ]);
  const tfjs: TfjsModel = {
    model: scored.model,
    weights,
    layerOf: (value) => {
      const name = names.get(value) ?? (value === graph.image ? value : undefined);
      if (name !== undefined) return name;
      throw new CajalError(
        "unsupported",
        `value "${value}" is inside of a layer, and engine tfjs has the values of layers alone. Use engine onnx.`,
        { value },
      );
    },
  };
  return explainerOf(networkOf(graph, opened, tfjs), dataFormat);
}

const isWeights = (value: unknown): value is Weights =>
  typeof value === "object" && value !== null && "get" in value && "keys" in value;
