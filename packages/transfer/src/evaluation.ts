// The chain of a network's published accuracy, by the network's name: @cajal/datasets knows no networks.
import { evaluation as chainOf, type EvaluatedNetwork, type Evaluation } from "@cajal/datasets";
import { modelFacts } from "@cajal/models";

/**
 * From a decoded image to the input of a network, as its published accuracy was measured; `evaluation` of
 * @cajal/datasets says how.
 *
 * @param network its name, as `cajal table` lists it, or its facts
 * @throws CajalError `unknown-name`; `unsupported` for a network whose preprocessing is not known
 * @example const x = evaluation("ResNet50")(await readImage("tench.jpg")); // float32 [224, 224, 3]
 */
export const evaluation = (network: string | EvaluatedNetwork): Evaluation =>
  chainOf(typeof network === "string" ? modelFacts(network) : network);
