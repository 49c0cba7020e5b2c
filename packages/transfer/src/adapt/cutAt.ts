// Surgery on Keras models: another end, another input. Weights go along, those that are needed no more are left out.
import { CajalError, checkArgument, showShape, unknownName } from "@cajal/core";
import { cutGraph } from "./graph/cutGraph";
import { isGraph, type LoadedGraph } from "./graph/loadedGraph";
import { checkLoaded, type LoadedModel } from "./loadedModel";
import { checkWeights, readKeras, resolve, weightSpecs, type ModelConfig } from "@cajal/models";

/**
 * The model up to a layer, whose output becomes the model's; an ONNX graph up to a node or value.
 *
 * @param layer a name; that of a nested model too, but none within one. Of a graph: of a value, or of the node
 *   whose first output it is
 * @throws CajalError `unknown-name` with the layers that there are
 * @example const features = cutAt(await pretrained("MobileNet"), "conv_pw_13_relu");
 */
export function cutAt(network: LoadedModel, layer: string): LoadedModel;
export function cutAt(network: LoadedGraph, layer: string): LoadedGraph;
export function cutAt(
  network: LoadedModel | LoadedGraph,
  layer: string,
): LoadedModel | LoadedGraph {
  checkArgument("cutAt", "the model", network, "object");
  checkArgument("cutAt", "layer", layer, "string");
  if (isGraph(network)) return cutGraph(network, layer);
  checkLoaded("cutAt", network);
  const { model, weights, layers } = network;
  const { config } = readKeras(model);
  const entry = config.layers.find(({ name }) => name === layer);
  if (!entry)
    throw unknownName(
      `layer of ${config.name}`,
      layer,
      config.layers.map(({ name }) => name),
    );
  // Calls of a nested model count from 1.
  const nested = Array.isArray(entry.config.layers);
  return pruned(
    {
      class_name: "Functional",
      config: { ...config, output_layers: [[layer, nested ? 1 : 0, 0]] },
    },
    { weights, layers },
  );
}

/**
 * The model for inputs of another size, as far as its weights fit: convolutions take any, dense layers over
 * feature maps do not.
 *
 * @param shape of one example, null where free, e.g. `[160, 160, 3]`
 * @throws CajalError `bad-shape` naming the first weight or layer that does not fit
 */
export function withInputShape(
  network: LoadedModel,
  shape: readonly (number | null)[],
): LoadedModel {
  checkLoaded("withInputShape", network);
  checkArgument("withInputShape", "shape", shape, "array");
  const { model, weights, ...rest } = network;
  const { config } = readKeras(model);
  const [input, ...others] = config.input_layers;
  if (!input || others.length > 0)
    throw new CajalError(
      "unsupported",
      `withInputShape: ${config.name} has ${config.input_layers.length} inputs, expected one.`,
    );
  const layers = config.layers.map((entry) => {
    if (entry.name !== input[0]) return entry;
    const { batch_shape, batch_input_shape, ...others } = entry.config;
    const [batch = null] = (batch_shape ?? batch_input_shape ?? []) as (number | null)[];
    return { ...entry, config: { ...others, batch_input_shape: [batch, ...shape] } };
  });
  const resized: ModelConfig = { class_name: "Functional", config: { ...config, layers } };
  const own = { layers: network.layers };
  checkWeights(`withInputShape ${showShape(shape)}`, resized, weights, own);
  return { model: resized, weights, ...rest };
}

/** Without the layers that no output depends on, and their weights. */
function pruned(
  model: ModelConfig,
  { weights, layers }: Pick<LoadedModel, "weights" | "layers">,
): LoadedModel {
  const needed = new Set(resolve(model, { layers }).layers.map(({ name }) => name));
  const { config } = model;
  const cutConfig: ModelConfig = {
    class_name: "Functional",
    config: {
      ...config,
      layers: config.layers.filter(({ name }) => needed.has(name)),
      input_layers: config.input_layers.filter(([name]) => needed.has(name)),
    },
  };
  const keys = new Set(weightSpecs(cutConfig, { layers }).map(({ key }) => key));
  const kept = new Map([...weights].filter(([key]) => keys.has(key)));
  return { model: cutConfig, weights: kept, ...(layers && { layers }) };
}
