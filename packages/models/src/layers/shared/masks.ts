// Masks of sequences in a graph: bool [batch, steps], true where a step is there.
import { showShape } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { MaskRule } from "../definition/layer";
import type { KerasShape } from "../definition/shape";
import { cast } from "./integers";

/** The `mask` of layers that do the same to every element, or to every step. */
export const passesMask: MaskRule<object> = { passes: () => true };

/** The same of layers that merge several inputs. */
export const mergesMasks: MaskRule<object> = { passes: () => true, merges: () => "any" };

/** The same of layers that leave masked steps of each input out of account. */
export const mergesByMasks: MaskRule<object> = {
  ...mergesMasks,
  takes: "each",
  refuses: (_, shape, mask) =>
    mask.length === shape.length - 1
      ? undefined
      : `its mask ${showShape(mask)} does not fit its input ${showShape(shape)}, expected one axis less`,
};

/** The `refuses` of layers whose mask says which steps are valid. */
export const expectsStepMask = (_: object, __: KerasShape, mask: KerasShape): string | undefined =>
  mask.length === 2 ? undefined : `its mask is ${showShape(mask)}, expected [batch, steps]`;

/** Where a value is not `value`; with `axis`, where anything along it is not. */
export function validSteps(
  g: GraphBuilder,
  x: Value,
  { value, axis }: { readonly value: number; readonly axis: number | undefined },
): Value {
  const differs = g.not(g.equal(x, value));
  if (axis === undefined) return differs;
  return g.cast(
    g.reduceMax(cast(g, differs, "float32"), { axes: [axis], keepdims: false }),
    "bool",
  );
}

/** A sequence whose valid steps have been moved to its front, in their order. */
export interface Compacted {
  /** [batch, steps, features]; what follows the first `lengths` steps says nothing. */
  readonly x: Value;
  /** How many steps are valid, int32 [batch]. */
  readonly lengths: Value;
  /**
   * The outputs of a recurrent layer over it, [batch, steps, units], put back: a masked step has
   * the output of the one computed before it, and zeros where there is none, as in Keras.
   *
   * @param options.backwards whether the layer goes from the last step to the first
   * @param options.zeros whether every masked step has zeros
   */
  expandSteps(y: Value, options: { readonly backwards: boolean; readonly zeros: boolean }): Value;
}

/**
 * A recurrent layer leaves its state as it is at masked steps: it computes what it would over
 * the other steps alone, which ONNX' operators can, by lengths.
 *
 * @param x [batch, steps, features]
 * @param mask bool [batch, steps]
 */
export function compacted(g: GraphBuilder, x: Value, mask: Value): Compacted {
  const isUnmasked = g.cast(mask, "int64");
  const lengths = g.reduceSum(isUnmasked, { axes: [1], keepdims: false });
  const steps = g.shape(x, { start: 1, end: 2 });
  // Numbers of the steps; masked ones come after all others.
  const numbers = g.range(0, g.squeeze(steps, [0]));
  const order = g.add(numbers, g.mul(g.sub(1, isUnmasked), steps));
  const [, first] = g.topK(order, steps, { axis: 1, largest: false, sorted: true });
  const take = (values: Value, at: Value) =>
    g.gatherND(values, g.unsqueeze(at, [2]), { batch_dims: 1 });
  return {
    x: take(x, first),
    lengths: g.cast(lengths, "int32"),
    expandSteps(y, { backwards, zeros }) {
      // How many steps are valid up to each, in the order in which they are computed.
      const count = g.cumSum(isUnmasked, 1, { reverse: backwards });
      const at = backwards ? g.sub(g.unsqueeze(lengths, [1]), count) : g.sub(count, 1);
      const isEmpty = g.equal(count, 0);
      const lastOutput = take(y, g.where(isEmpty, 0, at));
      return g.where(g.unsqueeze(zeros ? g.not(mask) : isEmpty, [2]), 0, lastOutput);
    },
  };
}
