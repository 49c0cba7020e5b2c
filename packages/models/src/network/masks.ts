// Masks of sequences, [batch, steps]: which steps are valid. A layer makes one of its input (Embedding with
// mask_zero, Masking), or the model says one in a call; other layers pass it on or compute by it, as their
// definitions say, and where a layer does neither it ends. All as Keras 3 does it, where a call has its mask
// from two places: a layer called on one tensor keeps the mask that was there when the model was built (it is in
// the JSON); any other has what its inputs carry when the model runs, which MultiHeadAttention takes off them.
import { CajalError } from "@cajal/core";
import type { InnerLayer, MaskRule } from "../layers/definition/layer";
import type { KerasShape } from "../layers/definition/shape";
import type { WrittenMask } from "../keras/writtenMasks";
import type { Call, Mask, NetworkValue } from "./values";

/** The masks that values have while a model's calls are made. */
export interface MasksOfValues {
  /** As when the model was built. */
  readonly recorded: Map<NetworkValue, Mask>;
  /** As when it runs; the same for a model and those within it. */
  readonly carried: Map<NetworkValue, Mask>;
}

/** What a call says of masks, by input. */
export interface StatedMasks {
  readonly masks: readonly (Mask | undefined)[];
  /** Whether it says those of all inputs, undefined meaning none. */
  readonly all: boolean;
}

/**
 * The masks that a call computes by; those of its outputs are added to `values`.
 *
 * @param stated what the call itself says
 * @throws CajalError `unsupported` for a mask that the layer does not compute by as Keras does
 */
export function maskCall(
  { definition, config }: InnerLayer,
  inputs: readonly NetworkValue[],
  outputs: readonly NetworkValue[],
  { recorded, carried }: MasksOfValues,
  stated: StatedMasks | undefined,
): readonly (Mask | undefined)[] {
  const rule = definition.mask;
  if (!rule) {
    if (stated?.masks.some(Boolean))
      throw new CajalError("unsupported", "it is called with a mask, which it does not compute by"); // prettier-ignore
    return [];
  }
  const [x] = inputs as readonly [NetworkValue];
  const used = inputs.map((input, i) => {
    if (stated?.all) return stated.masks[i];
    const statedMask = stated?.masks[i];
    if (statedMask) return statedMask;
    if (rule.takes === "each") return carried.get(input);
    return rule.takes === "one" && inputs.length === 1 ? (recorded.get(input) ?? carried.get(input)) : undefined; // prettier-ignore
  });
  // Keys that are the values may have a mask of their own.
  const masks = (stated ? [...used, ...stated.masks.slice(used.length)] : used).map((mask) =>
    mask && hasAllSteps(mask) ? undefined : mask,
  );
  for (const [i, mask] of masks.entries()) {
    const refusal = mask && rule.refuses?.(config, (inputs[i] ?? x).shape, shapeOfMask(mask));
    if (refusal !== undefined) throw new CajalError("unsupported", refusal, {});
  }

  for (const values of [recorded, carried]) {
    const running = values === carried;
    const mask = !running && rule.whenRunning ? undefined : outgoingMask(running);
    // A mask of all steps is kept where the JSON may write it out.
    const outgoing = running && mask && hasAllSteps(mask) ? undefined : mask;
    const count = outgoing ? (rule.outputs?.(config) ?? 1) : 0;
    for (const output of outputs.slice(0, count)) values.set(output, outgoing!);
  }
  if (rule.takesOff) for (const input of inputs) carried.delete(input);
  return masks.some(Boolean) ? masks : [];

  function outgoingMask(running: boolean): Mask | undefined {
    const values = running ? carried : recorded;
    const made = rule!.makes?.(config);
    if (made) return { kind: "differs", of: x, ...made };
    if (!rule!.passes?.(config)) return undefined;
    if (rule!.merges) return merged(rule!.merges(config, x.shape.length), inputs, values);
    if (stated?.all || stated?.masks[0]) return stated.masks[0];
    const isRecorded = running && rule!.takes === "one" && inputs.length === 1;
    return (isRecorded ? recorded.get(x) : undefined) ?? values.get(x);
  }
}

function merged(
  how: ReturnType<NonNullable<MaskRule<never>["merges"]>>,
  inputs: readonly NetworkValue[],
  values: ReadonlyMap<NetworkValue, Mask>,
): Mask | undefined {
  const parts = inputs.map((of) => ({ of, mask: values.get(of) }));
  const givenMasks = parts.flatMap(({ mask }) => mask ?? []);
  if (givenMasks.length === 0) return undefined;
  if (how !== "joined") {
    if (how === "any" && givenMasks.length < inputs.length) return undefined;
    const masks = parts.map(({ of, mask }): Mask => mask ?? { kind: "joined", parts: [{ of, mask }] }); // prettier-ignore
    const different = masks.filter((mask, i) => !masks.slice(0, i).some((other) => areSameMask(other, mask))); // prettier-ignore
    return different.length === 1 ? different[0] : { kind: "any", masks: different };
  }
  if (inputs.some(({ shape }) => shape.length !== 3) || givenMasks.some((mask) => shapeOfMask(mask).length !== 2))
    throw new CajalError("unsupported", "it joins masked values along an axis, expected sequences [batch, steps, features]"); // prettier-ignore
  return { kind: "joined", parts };
}

/** Whether all steps are valid, whatever the values are: what has such a mask has none. */
const hasAllSteps = (mask: Mask): boolean =>
  mask.kind === "any"
    ? mask.masks.some(hasAllSteps)
    : mask.kind === "joined" && mask.parts.every((part) => !part.mask || hasAllSteps(part.mask));

/** Whether two masks are made alike. */
export function areSameMask(a: Mask | undefined, b: Mask | undefined): boolean {
  if (a === b) return true;
  if (!a || a.kind !== b?.kind) return false;
  if (a.kind === "differs")
    return b.kind === a.kind && a.of === b.of && a.value === b.value && a.features === b.features;
  if (a.kind === "value") return b.kind === a.kind && a.of === b.of;
  if (a.kind === "any")
    return b.kind === a.kind && a.masks.length === b.masks.length && a.masks.every((mask, i) => areSameMask(mask, b.masks[i])); // prettier-ignore
  return b.kind === a.kind && a.parts.length === b.parts.length && a.parts.every(({ of, mask }, i) => of === b.parts[i]!.of && areSameMask(mask, b.parts[i]!.mask)); // prettier-ignore
}

/** The shape of a mask, the batch included. */
function shapeOfMask(mask: Mask): KerasShape {
  if (mask.kind === "any") return shapeOfMask(mask.masks[0]!);
  if (mask.kind === "joined") return [mask.parts[0]!.of.shape[0]!, null];
  return mask.kind === "differs" && mask.features ? mask.of.shape.slice(0, -1) : mask.of.shape;
}

/** The values that a mask is computed from. */
export function sourcesOf(mask: Mask): readonly NetworkValue[] {
  if (mask.kind === "any") return mask.masks.flatMap(sourcesOf);
  if (mask.kind === "joined")
    return mask.parts.flatMap(({ of, mask }) => (mask ? sourcesOf(mask) : [of]));
  return [mask.of];
}

/** All values that a call reads: its inputs, and what its masks are computed from. */
export const readsOf = ({ inputs, masks = [], attentionMask }: Call): readonly NetworkValue[] => [
  ...inputs,
  ...masks.flatMap((mask) => (mask ? sourcesOf(mask) : [])),
  ...(attentionMask ? [attentionMask] : []),
];

/** The comparisons that a mask is made of; undefined where it is made of something else too. */
function comparisonsOf(mask: Mask): readonly { of: NetworkValue; value: number }[] | undefined {
  if (mask.kind === "differs") return [mask];
  if (mask.kind === "value") return undefined;
  const parts = mask.kind === "any" ? mask.masks : mask.parts.flatMap(({ mask }) => mask ?? []);
  const comparisons = parts.map(comparisonsOf);
  return comparisons.every((each) => each !== undefined) ? comparisons.flat() : undefined;
}

/**
 * The mask that a model's JSON writes out, see writtenMasks.ts: the one that follows from the layers before, if it
 * is made of the same comparisons, otherwise one of its own.
 *
 * @param implied the mask that follows
 * @throws CajalError `unsupported` where it is made of several comparisons, and no such mask follows
 */
export function writtenAsMask(
  comparisons: readonly (Omit<WrittenMask[number], "of"> & { readonly source: NetworkValue })[],
  implied: Mask | undefined,
): Mask {
  const key = ({ of, value }: { of: NetworkValue; value: number }, all: NetworkValue[]) => {
    if (!all.includes(of)) all.push(of);
    return `${all.indexOf(of)} ${value}`;
  };
  const all: NetworkValue[] = [];
  const written = new Set(comparisons.map(({ source, value }) => key({ of: source, value }, all)));
  const impliedComparisons = implied && comparisonsOf(implied);
  if (impliedComparisons) {
    const keys = new Set(impliedComparisons.map((each) => key(each, all)));
    if (keys.size === written.size && [...keys].every((each) => written.has(each))) return implied;
  }
  const [{ source, value, features }] = comparisons as readonly [(typeof comparisons)[0]];
  if (written.size === 1) return { kind: "differs", of: source, value, features, stated: true };
  throw new CajalError(
    "unsupported",
    `it is called with a mask made of ${comparisons.map(({ source, value }) => `"${source.from}" and ${value}`).join(", ")}, where ${implied ? "another" : "none"} follows from the layers before it`,
    { written: comparisons.map(({ source }) => source.from) },
  );
}
