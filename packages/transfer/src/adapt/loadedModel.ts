// A model as everything here takes it and gives it back: a Keras config with its weights.
import {
  CajalError,
  checkArgument,
  showValue,
  type DType,
  type NamedBatch,
  type Weights,
} from "@cajal/core";
import type { Dataset } from "@cajal/datasets";
import type { Layer, ModelConfig } from "@cajal/models";

/** A model with its weights; what `readModel`, `pretrained` and `loadModel` give are some. */
export interface LoadedModel {
  readonly model: ModelConfig;
  readonly weights: Weights;
  /** Definitions of layers of one's own that the model has, from `defineLayer` of @cajal/models. */
  readonly layers?: readonly Layer[] | undefined;
  readonly labels?: readonly string[] | undefined;
}

/** What a model learns from: batches `{ x, y }`, of several inputs by their names. */
export type Examples = Dataset | Dataset<DType, DType, NamedBatch>;

/** @throws CajalError `bad-argument` for what is no model with weights */
export function checkLoaded(where: string, network: LoadedModel): void {
  checkArgument(where, "the model", network, "object");
  checkAwaited(where, "the model", network);
  checkArgument(where, "model", network.model, "object");
  checkArgument(where, "weights", network.weights, "map");
  if (network.layers !== undefined) checkArgument(where, "layers", network.layers, "array");
}

/** @throws CajalError `bad-argument` for what is no dataset */
export function checkData(where: string, name: string, data: Examples): void {
  checkArgument(where, name, data, "object");
  checkAwaited(where, name, data);
  if (typeof data.batches !== "function")
    throw new CajalError(
      "bad-argument",
      `${where}: got ${showValue(data)} as ${name}, expected a dataset: dataset({ x, y }) of @cajal/datasets.`,
    );
}

function checkAwaited(where: string, name: string, value: object): void {
  if ("then" in value)
    throw new CajalError("bad-argument", `${where}: got a promise as ${name}: await it.`);
}
