// A new head on a base: features pooled, dropped out, classified.
import {
  CajalError,
  checkArgument,
  checkInteger,
  checkOptions,
  showValue,
  unknownName,
} from "@cajal/core";
import {
  functional,
  layersIn,
  readKeras,
  resolve,
  toKerasJson,
  type LayerEntry,
  type ModelConfig,
  type Network,
} from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { graphHead, type HeadedGraph } from "./graph/graphHead";
import { isGraph, type LoadedGraph } from "./graph/loadedGraph";
import { cutAt } from "./cutAt";
import { checkLabels, headOptions, type HeadOptions } from "./headOptions";
import { checkLoaded, type LoadedModel } from "./loadedModel";

/** A base with a new head. */
export interface HeadedModel extends LoadedModel {
  /** The model up to the features, the pooling included. */
  readonly base: LoadedModel;
  /** The new layers alone: features in, probabilities out. Its weights are among the model's. */
  readonly head: LoadedModel;
}

/**
 * Puts a new head on a model: pooling where its output is a feature map, dropout, a dense layer with softmax.
 *
 * @throws CajalError `unknown-name` (layer, pooling), `bad-argument`, `bad-shape`
 * @example const { model, weights } = withHead(await pretrained("ResNet50", { include_top: false }), { classes: 7 });
 */
export function withHead(network: LoadedModel, options: HeadOptions): HeadedModel;
/** Puts a new head on an ONNX graph; `layer` is a node or value, and there is no dropout. */
export function withHead(network: LoadedGraph, options: HeadOptions): HeadedGraph;
export function withHead(
  pretrained: LoadedModel | LoadedGraph,
  options: HeadOptions,
): HeadedModel | HeadedGraph {
  checkArgument("withHead", "the model", pretrained, "object");
  if (!isGraph(pretrained)) checkLoaded("withHead", pretrained);
  checkOptions("withHead", options, headOptions);
  const { labels, classes = labels?.length, layer, pooling = "avg", dropout = 0.2, seed = 0 } = options; // prettier-ignore
  if (classes === undefined)
    throw new CajalError("bad-argument", "withHead: expected { classes } or { labels }.");
  checkInteger("withHead", "classes", classes, { least: 2 });
  checkLabels("withHead", { classes, labels });
  if (isGraph(pretrained)) return graphHead(pretrained, { ...options, classes });
  if (pooling !== null && pooling !== "avg" && pooling !== "max")
    throw unknownName("pooling", typeof pooling === "string" ? pooling : showValue(pooling), ["avg", "max"]); // prettier-ignore
  const { layers } = pretrained;
  const whole = { model: readKeras(pretrained.model), weights: pretrained.weights, ...(layers && { layers }) }; // prettier-ignore
  const body: LoadedModel = layer === undefined ? whole : cutAt(pretrained, layer);
  const usedNames = new Set(body.model.config.layers.map(({ name }) => name));
  const free = (name: string): string => {
    let one = name;
    for (let i = 1; usedNames.has(one); i++) one = `${name}_${i}`;
    return one;
  };
  const network = resolve(body.model, { layers });
  const { shape } = network.outputs[0]!;
  if (network.outputs.length !== 1)
    throw new CajalError(
      "unsupported",
      `withHead: the base has ${network.outputs.length} outputs, expected one. Cut it at a layer.`,
    );

  // The pooling belongs to the base: what it gives is what is kept of an image.
  const pooled = functional(body.model.config.name);
  const output = pooled.input(shape.slice(1), { name: free("features") });
  let features = output;
  if (shape.length === 4 && pooling !== null) {
    const data_format = hasChannelsFirst(network) ? "channels_first" : "channels_last";
    const settings = { name: free("pool"), data_format } as const;
    features =
      pooling === "avg"
        ? pooled.layer("GlobalAveragePooling2D", settings, output)
        : pooled.layer("GlobalMaxPooling2D", settings, output);
  } else if (shape.length > 2)
    features = pooled.layer("Flatten", { name: free("flatten") }, output);
  const base =
    features === output
      ? body
      : { ...body, model: stacked(body.model, pooled.model(output, features)) };

  const top = functional("head");
  const input = top.input(features.shape.slice(1), { name: free("features") });
  const dropped = dropout > 0 ? top.layer("Dropout", { rate: dropout, name: free("drop") }, input) : input; // prettier-ignore
  const predictions = top.layer(
    "Dense",
    { units: classes, activation: "softmax", name: free("predictions") },
    dropped,
  );
  const headModel = top.model(input, predictions);
  const head = { model: headModel, weights: initialize(headModel, { seed }) };
  return { ...headed(base, head), base, head, ...(labels && { labels }) };
}

/** Whether the channels of the output come first: what the nearest layer before it says that knows them. */
function hasChannelsFirst({ outputs }: Network): boolean {
  for (let call = outputs[0]!.call; call; call = call.inputs[0]?.call) {
    const { definition, config } = call.inner;
    const layers = [call.inner, ...layersIn(Object.values(config))];
    if (layers.some((layer) => layer.definition.channelsLast)) return true;
    // Behind a layer that gives axes another order nothing before it tells.
    const { layout } = definition;
    if ("data_format" in config || layout === "order" || layout === "channelsLast") return false;
  }
  return false;
}

/** A base and a head as one model. */
export function headed(base: LoadedModel, head: LoadedModel): LoadedModel {
  return {
    model: stacked(base.model, head.model),
    weights: new Map([...base.weights, ...head.weights]),
    ...(base.layers && { layers: base.layers }),
  };
}

/** The second model's layers on the first one's output. */
function stacked(first: ModelConfig, second: ModelConfig): ModelConfig {
  const [from, node, tensor] = first.config.output_layers[0]!;
  const { layers, input_layers, output_layers } = readKeras(toKerasJson(second)).config;
  const inputs = new Set(input_layers.map(([name]) => name));
  const moved = layers
    .filter(({ name }) => !inputs.has(name))
    .map((entry): LayerEntry => ({
      ...entry,
      inbound_nodes: entry.inbound_nodes.map((refs) =>
        refs.map(([name, n, t, kwargs]) =>
          inputs.has(name)
            ? ([from, node, tensor, kwargs] as const)
            : ([name, n, t, kwargs] as const),
        ),
      ),
    }));
  return {
    class_name: "Functional",
    config: { ...first.config, layers: [...first.config.layers, ...moved], output_layers },
  };
}
