// Layers that merge several inputs of (broadcast) equal shape element by element.
import type { DType } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import { defineLayer, type Layer, type LowerContext } from "../definition/layer";
import { mergesByMasks, mergesMasks } from "./masks";
import { broadcast } from "./shapes";

type NoFields = Readonly<Record<never, never>>;

interface MergingOptions {
  readonly arity?: readonly [number, number];
  readonly gives?: () => DType;
  /** Whether it leaves masked steps of the inputs out of account, where others merge them as they are. */
  readonly byMasks?: true;
}

/** The steps that each input has, to be broadcast with it; undefined: all of them. */
type InputMasks = readonly (Value | undefined)[];

/** @param merge the inputs, all of one rank, to their merger; masks with `byMasks` alone */
export const merging = <const Name extends string>(
  className: Name,
  merge: (
    inputs: readonly Value[],
    g: GraphBuilder,
    context: LowerContext,
    masks: InputMasks,
  ) => Value,
  { arity = [2, Infinity], gives, byMasks }: MergingOptions = {},
): Layer<Name, NoFields> =>
  defineLayer({
    className,
    fields: {},
    arity,
    shape: (_, inputs) => [broadcast(inputs)],
    mask: byMasks ? mergesByMasks : mergesMasks,
    layout: "any",
    integers: () => "computes",
    ...(gives && { gives }),
    lower: (_, inputs, g, context) => {
      const { inputs: shapes } = context;
      const rank = Math.max(...shapes.map(({ length }) => length));
      const widenedInputs = inputs.map((x, i) => {
        const missing = rank - shapes[i]!.length;
        return missing === 0 ? x : g.unsqueeze(x, axesAfterBatch(missing));
      });
      // Keras widens an input by an operation, whose result has no mask.
      const masks = inputs.map((_, i) => {
        const mask = shapes[i]!.length === rank ? context.masks[i] : undefined;
        return mask && g.unsqueeze(mask, [context.axis(-1, rank)]);
      });
      return [merge(widenedInputs, g, context, masks)];
    },
    samples: [
      {
        inputs: [
          [2, 3],
          [2, 3],
        ],
      },
      {
        inputs: [
          [2, 3, 2, 2],
          [2, 1, 1, 2],
        ],
      },
      {
        inputs: [
          [2, 3, 2, 2],
          [2, 2],
        ],
      },
      ...(arity[1] > 2
        ? [
            {
              inputs: [
                [2, 3, 4],
                [2, 3, 4],
                [2, 3, 4],
              ],
            },
          ]
        : []),
    ],
  });

/**
 * `a` where the condition holds and `b` elsewhere, NaN of either among it. So the first of equals has all of the
 * gradient, as in TensorFlow; ONNX' Max and Min share it.
 */
export const firstWhere = (g: GraphBuilder, condition: Value, a: Value, b: Value): Value =>
  g.where(a.dtype === "float32" ? g.or(condition, g.isNaN(a)) : condition, a, b);

/**
 * The inputs merged one by one, by a function that has no neutral element: at a masked step of an input the result is
 * that of the others. As in Keras, where an earlier input has no mask, what it has is merged with all others.
 */
export function mergeValid(
  g: GraphBuilder,
  [first, ...others]: readonly Value[],
  [firstMask, ...otherMasks]: InputMasks,
  merge: (a: Value, b: Value) => Value,
): Value {
  let output = first!;
  let valid = firstMask;
  for (const [i, other] of others.entries()) {
    const mask = otherMasks[i];
    const x = mask ? g.where(mask, other, output) : other;
    output = merge(valid ? g.where(valid, output, x) : output, x);
    valid = valid && mask && g.or(valid, mask);
  }
  return output;
}

const axesAfterBatch = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
