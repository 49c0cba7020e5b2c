// The probabilities of classes, of what a classifier gives: it may end in a softmax, in sigmoids, or in logits.
import { CajalError } from "@cajal/core";
import { lastActivation, type OnnxModel } from "@cajal/onnx";

export type Ending = "softmax" | "sigmoid" | "logits";

/** What the first output of a graph is. */
export function endingOf(model: OnnxModel): Ending {
  const activation = lastActivation(model)?.activation;
  return activation === "softmax" || activation === "sigmoid" ? activation : "logits";
}

/**
 * The probability of each class. A single sigmoid is that of the second of two classes; several are each of its own, and
 * sum to anything. Of logits it is the softmax, unless they are a distribution already, as a mean of several softmaxes is.
 *
 * @param name of the network, for messages
 * @throws CajalError `bad-model` for what is no number; `unsupported` for a single logit, which may be any quantity
 */
export function classProbabilities(
  values: readonly number[],
  ending: Ending,
  name: string,
): readonly number[] {
  if (!values.every(Number.isFinite))
    throw new CajalError(
      "bad-model",
      `${name}: it gives ${values.find((value) => !Number.isFinite(value))}, expected finite numbers. Its weights may be damaged, or its training may have diverged.`,
      { values },
    );
  if (ending === "sigmoid") return values.length === 1 ? [1 - values[0]!, values[0]!] : values;
  if (values.length === 1)
    throw new CajalError(
      "unsupported",
      `${name}: it gives one number, ${values[0]}, expected the probabilities of classes, or a single sigmoid.`,
      { values },
    );
  const sum = values.reduce((a, b) => a + b, 0);
  const isDistribution = values.every((value) => value >= 0 && value <= 1) && Math.abs(sum - 1) < 1e-3; // prettier-ignore
  if (ending === "softmax" || isDistribution) return values;
  const most = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - most));
  const all = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / all);
}
