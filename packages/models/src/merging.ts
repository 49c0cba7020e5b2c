// Layers that merge several inputs of (broadcast) equal shape element by element.
import type { GraphBuilder, Value } from "@cajal/onnx";
import { defineLayer, type Layer } from "./layer";
import { broadcast } from "./shapes";

type NoFields = Readonly<Record<never, never>>;

/** @param merge the inputs, all of one rank, to their merger */
export const merging = <const Name extends string>(
  className: Name,
  merge: (inputs: readonly Value[], g: GraphBuilder) => Value,
  arity: readonly [number, number] = [2, Infinity],
): Layer<Name, NoFields> =>
  defineLayer({
    className,
    fields: {},
    arity,
    shape: (_, inputs) => [broadcast(inputs)],
    layout: "any",
    lower: (_, inputs, g) => [merge(inputs, g)],
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
