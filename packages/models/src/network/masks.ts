// Masks of sequences, [batch, steps]: which steps are there. A layer makes one of its input (Embedding with
// mask_zero, Masking); others pass it on or compute by it, as their definitions say, and where a layer
// does neither it ends, as in Keras.
import { CajalError } from "@cajal/core";
import type { InnerLayer } from "../layers/definition/layer";
import type { Mask, NetworkValue } from "./values";

const areSameMask = (a: Mask | undefined, b: Mask | undefined) =>
  a === b || (a?.of === b?.of && a?.value === b?.value);

/**
 * The mask that a call's inputs have: of the first, for the others of a recurrent layer are its states; of
 * layers that merge, where all have it.
 *
 * @throws CajalError `unsupported` where masks of several makers meet, or the layer cannot have one
 */
export function inputMask(
  { definition, config }: InnerLayer,
  inputs: readonly NetworkValue[],
): Mask | undefined {
  const rule = definition.mask;
  if (!rule) return undefined;
  const [first, ...otherInputs] = rule.ofAll ? inputs : inputs.slice(0, 1);
  if ([first, ...otherInputs].some((input) => !input?.mask)) return undefined;
  const { mask } = first!;
  if (!otherInputs.every((other) => areSameMask(other.mask, mask)))
    throw new CajalError(
      "unsupported",
      "its inputs have masks that are made of different values, which Cajal does not merge",
      { from: [first!, ...otherInputs].map(({ mask }) => mask!.of.from) },
    );
  const refusal = rule.refuses?.(config, first!.shape.length);
  if (refusal !== undefined) throw new CajalError("unsupported", refusal, {});
  return mask;
}

/** The mask of a call's outputs. */
export function outputMask(
  { definition, config }: InnerLayer,
  inputs: readonly NetworkValue[],
  inherited: Mask | undefined,
): Mask | undefined {
  const rule = definition.mask;
  const value = rule?.makes?.(config);
  if (value !== undefined) return { of: inputs[0]!, value };
  return rule?.passes?.(config) ? inherited : undefined;
}
