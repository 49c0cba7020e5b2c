// How a model ends, and whether its loss takes that. A loss of logits behind a softmax, or one of
// probabilities behind none, computes a number that means nothing: Keras does so in silence.
import { CajalError } from "@cajal/core";
import { activationOf, type Network } from "@cajal/models";
import type { Graph } from "@cajal/onnx";
import type { Loss } from "./trainStep";

/** The last that a model does to its output's values. */
export interface Ending {
  /** Keras' name of the activation. */
  readonly activation: string;
  /** `layer "out" (Dense)` or `node "Gemm_3" (Gemm)` */
  readonly where: string;
}

/** @throws CajalError `bad-argument` where the loss takes logits and the model gives probabilities, or the reverse */
export function checkEnding(loss: Loss, ending: Ending | undefined): void {
  if (!ending) return;
  const { activation, where } = ending;
  const facts = { loss: loss.name, activation, where };
  if (loss.logitsOf && (activation === "softmax" || activation === "sigmoid"))
    throw new CajalError(
      "bad-argument",
      `the model ends with ${activation} (${where}), and ${loss.name} with fromLogits: true applies ${loss.logitsOf} once more. Leave fromLogits out, or end the model with activation "linear".`,
      facts,
    );
  // Values that may be negative are no probabilities.
  if (loss.fromLogits && activationOf(activation)?.nonnegative === undefined)
    throw new CajalError(
      "bad-argument",
      `the model ends with ${activation === "linear" ? "no activation" : activation} (${where}), and ${loss.name} takes probabilities. Set fromLogits: true, or end the model with activation "${loss.fromLogits.activation}".`,
      facts,
    );
}

/** The activation at the end of a Keras model's output, behind which layers may move elements about. */
export function endingOf({ outputs }: Network, index = 0): Ending | undefined {
  for (let call = outputs[index]?.call; call; call = call.inputs[0]?.call) {
    const { definition, config, name } = call.inner;
    const ending = definition.ending?.(config);
    const passes = call.inputs.length === 1 && definition.integers?.(config) === "moves";
    if (ending && !(passes && ending.activation === "linear"))
      return {
        activation: ending.activation,
        where: `layer "${call.layer.path || name}" (${definition.className})`,
      };
    if (!passes || definition.gives) return undefined;
  }
  return undefined;
}

/** Operators by the activation that they are; those of a layer without one are linear. */
const activations: ReadonlyMap<string, string> = new Map([
  ["Softmax", "softmax"],
  ["Sigmoid", "sigmoid"],
  ["LogSoftmax", "log_softmax"],
  ["Tanh", "tanh"],
  ["Gemm", "linear"],
  ["MatMul", "linear"],
  ["Conv", "linear"],
]);

/** The activation at the end of an ONNX graph's output, as exporters write it. */
export function endingOfGraph({ nodes, outputs }: Graph, index = 0): Ending | undefined {
  const makers = new Map(
    nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  let node = makers.get(outputs[index]!.name);
  while (node && ["Identity", "Flatten", "Reshape", "Squeeze"].includes(node.op))
    node = makers.get(node.inputs[0]!);
  // A bias behind a product.
  const product =
    node?.op === "Add"
      ? node.inputs.map((input) => makers.get(input)).find((made) => made?.op === "MatMul")
      : undefined;
  const last = product ?? node;
  if (!last || (last.domain !== "" && last.domain !== "ai.onnx")) return undefined;
  const activation = activations.get(last.op);
  return activation === undefined
    ? undefined
    : { activation, where: `node "${last.name || last.outputs[0]}" (${last.op})` };
}
