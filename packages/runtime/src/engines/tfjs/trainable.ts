// What training asks of TF.js' layers: gradients, random numbers that come again, and frozen layers that infer.
import { CajalError, hash } from "@cajal/core";
import type { Network } from "@cajal/models";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { DeviceName } from "../../device/device";
import type { StepBatch } from "../../step/batch";
import { forwardOf, labelledIn, parametersOf, placeholders } from "../../step/forward";
import { checkLearns } from "../../step/learns";
import { isFixed, type TrainableKeras } from "../../step/model";
import { opsGraph } from "../../step/opsGraph";
import { measured } from "../../step/outputs";
import { tfjsLayerOf } from "./layers";

/** @throws CajalError `unsupported` for a layer whose gradient or randomness TF.js does not have on a device */
export function checkTrainable({ calls }: Network, device: DeviceName): void {
  for (const { layer, inner } of calls) {
    if (layer.activityRegularizer)
      throw new CajalError(
        "unsupported",
        `layer "${layer.path}" (${layer.className}): engine tfjs does not train with a regularizer of outputs (activity_regularizer). Use engine onnx.`,
        { layer: layer.path, engine: "tfjs" },
      );
    const parts = Object.values(inner.definition.parts?.(inner.config) ?? {});
    for (const { definition } of [inner, ...parts.flatMap((part) => part.layer ?? [])]) {
      const { className, kind } = definition;
      const where = `layer "${layer.path}" (${className})`;
      const facts = { layer: layer.path, class_name: className, device };
      if (device === "wasm" && kind === "convolution")
        throw new CajalError(
          "unsupported",
          `${where}: TF.js' wasm backend has no gradients of convolutions. Train with engine onnx, or with engine tfjs on device cpu.`,
          facts,
        );
      if (tfjsLayerOf(className)?.random === "unseeded")
        throw new CajalError(
          "unsupported",
          `${where}: TF.js gives it no seed, so a run could not be repeated. Train with engine onnx.`,
          facts,
        );
    }
  }
}

/**
 * TF.js gives zeros where values move in steps, and says nothing. Whether all gradients are such, the layers' and the
 * losses' other form tells, in operators of ONNX.
 *
 * @param batch undefined: before there is one, what can be told of the model without its losses
 * @throws CajalError `bad-model`
 */
export function checkChanges(model: TrainableKeras, batch?: StepBatch): void {
  if (!batch && !model.inputs.every(({ shape }) => isFixed(shape))) return;
  const x = batch?.x ?? placeholders(model.inputs);
  const { g, yPred, inputs } = forwardOf(model, { x, training: true });
  const of = batch
    ? [measured(opsGraph(g), model.outputs, labelledIn(g, model.outputs, yPred, batch).labelled).loss] // prettier-ignore
    : yPred;
  checkLearns(g, of, parametersOf(model, inputs));
}

/** Gives layers another seed in every batch of every step; the same one whenever the same step comes. */
export function seeded(
  layers: readonly tfl.layers.Layer[],
  seed: number,
): (iteration: number, part: number) => void {
  const random = layers.filter((layer) => tfjsLayerOf(layer.getClassName())?.random === "seeded");
  return (iteration, part) =>
    random.forEach((layer, i) =>
      Object.assign(layer, { seed: hash(iteration, hash(seed, hash(i, part))) }),
    );
}

/** Makes layers infer: those named, and frozen ones where Keras' do, as batch normalization by its moving averages; TF.js would move them on. */
export function freeze(
  { calls }: Network,
  layers: ReadonlyMap<string, tfl.layers.Layer>,
  { frozen, inferenceMode }: Pick<TrainableKeras, "frozen" | "inferenceMode">,
): void {
  const inferring = new Set<tfl.layers.Layer>();
  for (const { layer: called, inner } of calls) {
    const layer = layers.get(called.path);
    if (!layer) continue;
    const isFrozen = frozen.has(called.path);
    const infers = inferenceMode.has(called.path);
    if (infers || (inner.definition.infersWhenFrozen && isFrozen)) inferring.add(layer);
    const parts = inner.definition.parts?.(inner.config) ?? {};
    for (const [name, { attribute, layer: part }] of Object.entries(parts)) {
      const partIsFrozen = isFrozen || part?.frozen || frozen.has(`${called.path}/${name}`);
      // TF.js has the layer within TimeDistributed under Keras' name of the attribute.
      const within: unknown = Reflect.get(layer, attribute);
      if (part?.definition.infersWhenFrozen && partIsFrozen && isLayer(within))
        inferring.add(within);
    }
  }
  for (const layer of inferring) {
    const call = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => call(inputs, { ...kwargs, training: false });
  }
}

const isLayer = (value: unknown): value is tfl.layers.Layer =>
  typeof value === "object" && value !== null && "call" in value;
