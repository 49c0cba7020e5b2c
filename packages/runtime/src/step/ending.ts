// The activation at the end of a model, and whether its loss fits it. A loss of logits after a softmax, or a loss of
// probabilities without one, is meaningless; Keras computes it silently.
import { CajalError } from "@cajal/core";
import { activationOf, type KerasShape, type Network } from "@cajal/models";
import { lastActivation, type OnnxModel } from "@cajal/onnx";
import type { Loss } from "./trainStep";

/** The last activation of an output. */
export interface Ending {
  /** Keras' name of the activation. */
  readonly activation: string;
  /** `layer "out" (Dense)` or `node "Gemm_3" (Gemm)` */
  readonly where: string;
  /** Of a softmax: how many values it makes sum to 1, where that is known. */
  readonly units?: number | undefined;
}

/**
 * @param output the shape of the model's output
 * @throws CajalError `bad-argument` where the loss takes logits and the model gives probabilities, or the reverse, and
 *   where a softmax is of one unit
 */
export function checkEnding(
  loss: Loss,
  ending: Ending | undefined,
  output: readonly (number | string | null | undefined)[] | undefined,
): void {
  checkUnits(loss, ending, output?.at(-1));
  if (!ending) return;
  const { activation, where } = ending;
  const facts = { loss: loss.name, activation, where };
  if (loss.logitsOf && (activation === "softmax" || activation === "sigmoid")) {
    // Where there is no choice, it always is so.
    const isChosen = loss.config?.["fromLogits"] === true;
    throw new CajalError(
      "bad-argument",
      `the model ends with ${activation} (${where}), and ${loss.name}${isChosen ? " with fromLogits: true" : ""} applies ${loss.logitsOf} once more. ${isChosen ? "Leave fromLogits out, or end" : "End"} the model with activation "linear".`,
      facts,
    );
  }
  const taken = loss.fromLogits?.activation ?? loss.probabilitiesOf;
  if (taken === undefined || givesProbabilities(activation, taken)) return;
  const takesLogits = loss.fromLogits !== undefined || loss.config?.["fromLogits"] === false;
  throw new CajalError(
    "bad-argument",
    `the model ends with ${activation === "linear" ? "no activation" : activation} (${where}), and ${loss.name} takes probabilities. End the model with activation "${taken}"${takesLogits ? ", or with none and set fromLogits: true" : ""}.`,
    facts,
  );
}

/**
 * Values that are divided by their sum, as the losses after a softmax do, may be any above 0; those of a sigmoid's losses
 * are in 0 … 1 themselves. Of a relu all may be 0.
 */
function givesProbabilities(activation: string, taken: "softmax" | "sigmoid"): boolean {
  const range = activationOf(activation)?.range;
  return range === "shares" || (range === "positive" && taken === "softmax");
}

/** A softmax of one unit is always 1, so that no gradient gets through. */
function checkUnits(
  loss: Loss,
  ending: Ending | undefined,
  outputs: number | string | null | undefined,
): void {
  const applied = loss.logitsOf ?? loss.fromLogits?.activation ?? loss.probabilitiesOf;
  const isWithin = applied === "softmax" && outputs === 1;
  if (!isWithin && ending?.units !== 1) return;
  throw new CajalError(
    "bad-argument",
    `${isWithin ? `the model has one output a sample, and ${loss.name} takes those of a softmax` : `the model ends with a softmax (${ending!.where}) of one unit`}: a softmax of one unit is always 1, so that nothing would be learned. For two classes use activation "sigmoid" with binaryCrossentropy; otherwise one unit for each class.`,
    { loss: loss.name, where: ending?.where },
  );
}

/** The activation at the end of a Keras model's output, after which layers may only move elements. */
export function endingOf({ outputs }: Network, index = 0): Ending | undefined {
  for (let value = outputs[index]; value?.call; value = value.call.inputs[0]) {
    const { call, shape } = value;
    const { definition, config, name } = call.inner;
    const ending = definition.ending?.(config);
    // A layer that is an activation, such as ReLU.
    const activation = ending?.activation ?? definition.asActivation?.(config);
    const passes = call.inputs.length === 1 && definition.integers?.(config) === "moves";
    if (typeof activation === "string" && !(passes && activation === "linear"))
      return {
        activation,
        where: `layer "${call.layer.path || name}" (${definition.className})`,
        // A Softmax of another axis than the last has no form without it.
        units: activation === "softmax" && ending?.without ? lastOf(shape) : undefined,
      };
    if (!passes || definition.gives) return undefined;
  }
  return undefined;
}

const lastOf = (shape: KerasShape): number | undefined => shape.at(-1) ?? undefined;

/** The activation at the end of an ONNX graph's output. */
export function endingOfGraph(model: OnnxModel, index = 0): Ending | undefined {
  const last = lastActivation(model, index);
  if (!last) return undefined;
  const { activation, node } = last;
  const { name, shape } = model.graph.outputs[index]!;
  // Of two axes the first is that of the examples.
  const isSoftmax = activation === "softmax" && node.outputs[0] === name && shape?.length === 2;
  const units = isSoftmax && typeof shape[1] === "number" ? shape[1] : undefined;
  return { activation, where: `node "${node.name || node.outputs[0]}" (${node.op})`, units };
}
