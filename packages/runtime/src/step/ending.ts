// The activation at the end of a model, and whether its loss fits it. A loss of logits after a softmax, or a loss of
// probabilities without one, is meaningless; Keras computes it silently.
import { CajalError } from "@cajal/core";
import { activationOf, type Network } from "@cajal/models";
import { operatorFacts, type Graph, type Node } from "@cajal/onnx";
import type { Loss } from "./trainStep";

/** The last activation of an output. */
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
  // Values that may be negative are not probabilities.
  if (loss.fromLogits && activationOf(activation)?.nonnegative === undefined)
    throw new CajalError(
      "bad-argument",
      `the model ends with ${activation === "linear" ? "no activation" : activation} (${where}), and ${loss.name} takes probabilities. Set fromLogits: true, or end the model with activation "${loss.fromLogits.activation}".`,
      facts,
    );
}

/** The activation at the end of a Keras model's output, after which layers may only move elements. */
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

/** The activation at the end of an ONNX graph's output, as exporters write it. */
export function endingOfGraph({ nodes, outputs }: Graph, index = 0): Ending | undefined {
  const makers = new Map(
    nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  const endingAt = (node: Node | undefined) => node && operatorFacts(node.op, node.domain).ending;
  let node = makers.get(outputs[index]!.name);
  while (endingAt(node) === "same" || endingAt(node) === "moves")
    node = makers.get(node!.inputs[0]!);
  // A bias after a product.
  if (endingAt(node) === "adds")
    node = node!.inputs
      .map((input) => makers.get(input))
      .find((maker) => typeof endingAt(maker) === "object");
  const ending = endingAt(node);
  return typeof ending === "object"
    ? { activation: ending.activation, where: `node "${node!.name || node!.outputs[0]}" (${node!.op})` } // prettier-ignore
    : undefined;
}
