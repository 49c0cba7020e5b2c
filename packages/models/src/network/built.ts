// A model that was built this moment, as a network: its JSON is in order, and its layers' configs have been read.
import type { ModelConfig } from "../keras/config";
import type { InnerLayer } from "../layers/definition/layer";
import { layersOf } from "./layersOf";
import { networkOf, type Network } from "./networkOf";

/** What the builder read of the layers of its models, by their configs. */
const layersOfModels = new WeakMap<ModelConfig, ReadonlyMap<object, InnerLayer>>();

/** Keeps what was read of a model's layers for {@link builtNetwork}. */
export function keepLayers(model: ModelConfig, layers: ReadonlyMap<object, InnerLayer>): void {
  layersOfModels.set(model, layers);
}

/**
 * The network that `resolve` gives, in half of the time.
 *
 * @param model of `functional`, of Cajal's layers, and seen by nobody who could have changed it since
 */
export function builtNetwork(model: ModelConfig): Network {
  const registry = layersOf("builtNetwork", {});
  const layers = layersOfModels.get(model);
  return networkOf(model, {
    ...registry,
    read: (className, name, config) =>
      layers?.get(config) ?? registry.read(className, name, config),
  });
}
