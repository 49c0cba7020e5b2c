// What training needs of TF.js' layers: gradients, reproducible random numbers, and inference in frozen layers.
import { CajalError, hash } from "@cajal/core";
import { layersWithin, type Network } from "@cajal/models";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { DeviceName } from "../../device/device";
import type { StepBatch } from "../../step/batch";
import { forwardOf, labelledIn, parametersOf, placeholders } from "../../step/forward";
import { differentiates } from "../../step/calls";
import { checkLearns } from "../../step/learns";
import { isFixed, type TrainableKeras } from "../../step/model";
import { opsGraph } from "../../step/opsGraph";
import { computeMeasures } from "../../step/outputs";
import { tfjsLayerOf } from "./layers";

type InnerLayer = Network["calls"][number]["inner"];

/** @throws CajalError `unsupported` for a layer whose gradient or randomness TF.js does not have on a device */
export function checkTrainable(
  { network, inferenceMode }: Pick<TrainableKeras, "network" | "inferenceMode">,
  device: DeviceName,
): void {
  for (const call of network.calls) {
    const { layer, inner } = call;
    if (differentiates(call))
      throw new CajalError(
        "unsupported",
        `layer "${layer.path}" (${layer.className}): TF.js does not train gradients of gradients. Use engine onnx.`,
        { layer: layer.path, engine: "tfjs" },
      );
    if (layer.activityRegularizer ?? layersWithin(inner).some((each) => each.activityRegularizer))
      throw new CajalError(
        "unsupported",
        `layer "${layer.path}" (${layer.className}): engine tfjs does not train with a regularizer of outputs (activity_regularizer). Use engine onnx.`,
        { layer: layer.path, engine: "tfjs" },
      );
    for (const each of [inner, ...layersWithin(inner)]) {
      const { className, kind } = each.definition;
      const where = `layer "${layer.path}" (${className})`;
      const facts = { layer: layer.path, class_name: className, device };
      if (device === "wasm" && kind === "convolution")
        throw new CajalError(
          "unsupported",
          `${where}: TF.js' wasm backend has no gradients of convolutions. Train with engine onnx, or with engine tfjs on device cpu.`,
          facts,
        );
      if (inferenceMode.has(layer.path)) continue;
      // What no engine trains.
      const refusal = each.definition.refusesTraining?.(each.config);
      if (refusal !== undefined) throw new CajalError("unsupported", `${where}: ${refusal}`, facts);
      const takesSeed = each === inner && tfjsLayerOf(className)?.random === "seeded";
      if (drawsNumbers(each) && !takesSeed)
        throw new CajalError(
          "unsupported",
          `${where}: it draws random numbers in training that follow no seed in TF.js${each === inner ? "" : ` within ${inner.definition.className}`}, so a run could not be repeated. Train with engine onnx.`,
          facts,
        );
    }
  }
}

/** Whether training draws random numbers in the layer: it has a seed, and no rate, or one that is not 0. */
function drawsNumbers({ definition, config }: InnerLayer): boolean {
  if (!("seed" in definition.fields)) return false;
  const rates = ["rate", "stddev", "dropout", "recurrent_dropout"].filter((key) => key in config);
  return rates.length === 0 || rates.some((key) => config[key] !== 0);
}

/**
 * TF.js silently gives zeros as gradients of step functions. Whether all gradients are zero is found by building
 * the same layers and losses as ONNX operators.
 *
 * @param batch undefined before the first batch: checks the model without its losses
 * @throws CajalError `bad-model`
 */
export function checkChanges(model: TrainableKeras, batch?: StepBatch): void {
  if (!batch && !model.inputs.every(({ shape }) => isFixed(shape))) return;
  const x = batch?.x ?? placeholders(model.inputs);
  const { g, yPred, inputs } = forwardOf(model, { x, training: true });
  const targets = batch
    ? [computeMeasures(opsGraph(g), model.outputs, labelledIn(g, model.outputs, yPred, batch).labelled).loss] // prettier-ignore
    : yPred;
  // A factor of 0 leaves a weight as it is.
  const weights = model.weights.filter(({ multiplier }) => multiplier !== 0);
  checkLearns(g, targets, parametersOf({ ...model, weights }, inputs));
}

/** Returns a function that sets the layers' seeds for a batch of a step, reproducibly. */
export function seedLayers(
  layers: readonly tfl.layers.Layer[],
  seed: number,
): (iteration: number, batchIndex: number) => void {
  const randomLayers = layers.filter(
    (layer) => tfjsLayerOf(layer.getClassName())?.random === "seeded",
  );
  return (iteration, batchIndex) =>
    randomLayers.forEach((layer, i) =>
      Object.assign(layer, { seed: hash(iteration, hash(seed, hash(i, batchIndex))) }),
    );
}

/** Runs layers in inference mode: the given ones, and frozen ones where Keras does, such as batch normalization; TF.js would update its averages. */
export function freeze(
  { calls }: Network,
  layers: ReadonlyMap<string, tfl.layers.Layer>,
  { frozen, inferenceMode }: Pick<TrainableKeras, "frozen" | "inferenceMode">,
): void {
  const inferenceLayers = new Set<tfl.layers.Layer>();
  for (const { layer: called, inner } of calls) {
    const layer = layers.get(called.path);
    if (!layer) continue;
    const isFrozen = frozen.has(called.path);
    const infers = inferenceMode.has(called.path);
    if (infers || (inner.definition.infersWhenFrozen && isFrozen)) inferenceLayers.add(layer);
    const parts = inner.definition.parts?.(inner.config) ?? {};
    for (const [name, { attribute, layer: part }] of Object.entries(parts)) {
      const partIsFrozen = isFrozen || part?.frozen || frozen.has(`${called.path}/${name}`);
      // TF.js stores the layer within TimeDistributed under Keras' name of the attribute.
      const innerLayer: unknown = Reflect.get(layer, attribute);
      if (part?.definition.infersWhenFrozen && partIsFrozen && isLayer(innerLayer))
        inferenceLayers.add(innerLayer);
    }
  }
  for (const layer of inferenceLayers) {
    const call = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => call(inputs, { ...kwargs, training: false });
  }
}

const isLayer = (value: unknown): value is tfl.layers.Layer =>
  typeof value === "object" && value !== null && "call" in value;
