// Networks by the names that commands take.
import { CajalError, showShape } from "@cajal/core";
import { type ModelConfig, modelFacts } from "@cajal/models";
import type { ImageSet } from "./imageSets";

/** The name of a network in records: in lower case. */
export const recordName = (name: string): string => modelFacts(name).name.toLowerCase();

/** Default batch size for training a network: small where its images are large. */
export const usualBatch = (name: string): number => (modelFacts(name).input[0] >= 128 ? 8 : 64);

/**
 * A network for images of a given shape and number of classes, with logits as output.
 *
 * @throws CajalError `unknown-name`; `bad-argument` when it cannot take the images
 */
export function networkFor(name: string, { shape, classes, name: dataset }: ImageSet): ModelConfig {
  const { build, name: network } = modelFacts(name);
  try {
    return build({ input_shape: shape, classes: classes.length, classifier_activation: null });
  } catch (cause) {
    throw new CajalError(
      "bad-argument",
      `${network} cannot take the images of ${dataset}, ${showShape(shape)}: ${cause instanceof Error ? cause.message : cause}`,
      { model: network, dataset, shape },
      { cause },
    );
  }
}
