// Layers that merge several inputs of (broadcast) equal shape element by element.
import type { DType } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import { defineLayer, type Layer, type LowerContext } from "../definition/layer";
import { mergesMasks } from "./masks";
import { broadcast } from "./shapes";

type NoFields = Readonly<Record<never, never>>;

/** @param merge the inputs, all of one rank, to their merger */
export const merging = <const Name extends string>(
  className: Name,
  merge: (inputs: readonly Value[], g: GraphBuilder, context: LowerContext) => Value,
  {
    arity = [2, Infinity],
    gives,
  }: { readonly arity?: readonly [number, number]; readonly gives?: () => DType } = {},
): Layer<Name, NoFields> =>
  defineLayer({
    className,
    fields: {},
    arity,
    shape: (_, inputs) => [broadcast(inputs)],
    mask: mergesMasks,
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
      return [merge(widenedInputs, g, context)];
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

const axesAfterBatch = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
