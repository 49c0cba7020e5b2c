// The layers that a model may have: Cajal's, those that were given beside them, and models within layers.
import { checkOptions } from "@cajal/core";
import { registryOf, type Registry, type ResolveOptions } from "../keras/registry";
import { modelLayer } from "./modelLayer";

/** As {@link registryOf}, with models within layers. */
export const layersOf = (where: string, options: ResolveOptions): Registry =>
  registryOf(where, options).withModels(modelLayer);

/** Options that hold `layers` alone, checked. */
export function layersOption(where: string, options: ResolveOptions): Registry {
  checkOptions(where, options, ["layers"]);
  return layersOf(where, options);
}
