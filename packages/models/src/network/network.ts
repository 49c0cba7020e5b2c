// A model in any form as a network: every call of every layer, with shapes.
import type { ModelConfig, SequentialConfig } from "../keras/config";
import { readKeras } from "../keras/readKeras";
import type { ResolveOptions } from "../keras/registry";
import { layersOption } from "./layersOf";
import { isNetwork, networkOf, type Network } from "./networkOf";

export { isNetwork, type Network } from "./networkOf";
export type { Call, NetworkValue } from "./values";

/** A model in any form that `resolve` takes; `object` is JSON as Keras 2, Keras 3 or TF.js wrote it. */
export type Model = ModelConfig | SequentialConfig | Network;

/**
 * Resolves a model: reads it, checks it, and infers all shapes.
 *
 * @param model a config of ours, or the JSON of Keras 2, Keras 3 or TF.js (object, text or bytes). A resolved
 *   network is returned unchanged: resolve a model once to pass it to several functions.
 * @param options.layers definitions of layers of your own in the model
 * @throws CajalError `bad-model` (a cycle, a missing input, not a model), `bad-shape` (naming the layer
 *   and the shapes), `unknown-name` (a layer class), `unknown-option`, `bad-argument`, `unsupported`
 */
export function resolve(model: Model | object | string, options: ResolveOptions = {}): Network {
  const registry = layersOption("resolve", options);
  return isNetwork(model) ? model : networkOf(readKeras(model), registry);
}
