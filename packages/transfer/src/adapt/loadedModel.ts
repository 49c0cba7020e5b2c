// A model as everything here takes it and gives it back: a Keras config with its weights.
import { checkArgument, type Weights } from "@cajal/core";
import type { ModelConfig } from "@cajal/models";

/** A model with its weights; what `readModel`, `pretrained` and `loadModel` give are some. */
export interface LoadedModel {
  readonly model: ModelConfig;
  readonly weights: Weights;
  readonly labels?: readonly string[];
}

/** @throws CajalError `bad-argument` for what is no model with weights */
export function checkLoaded(where: string, network: LoadedModel): void {
  checkArgument(where, "the model", network, "object");
  checkArgument(where, "model", network.model, "object");
  checkArgument(where, "weights", network.weights, "map");
}
