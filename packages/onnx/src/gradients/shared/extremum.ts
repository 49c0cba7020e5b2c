// The gradient that Max and Min, ReduceMax and ReduceMin have in common: it goes to where the
// extremum was found, in equal parts where it was found several times (as in TensorFlow's reductions).
import type { Value } from "../../graph/builder";
import { sumTo } from "./sumTo";
import type { Gradient, GradientSample } from "../gradient";

/** Of Max and Min: to the operands that are equal to the result. */
export const gradientOfExtremum: Gradient["gradient"] = (
  [dy],
  { inputs, outputs: [y], wants },
  g,
) => {
  const isExtremum = inputs.map((x) => g.cast(g.equal(x!, y!), dy!.dtype));
  const dyPerExtremum =
    isExtremum.length === 1
      ? dy!
      : g.div(
          dy!,
          isExtremum.reduce((a, b): Value => g.add(a, b)),
        );
  return inputs.map((x, i) =>
    wants(i) ? sumTo(g, g.mul(dyPerExtremum, isExtremum[i]!), x!) : undefined,
  );
};

/** Two operands, broadcast, three, and one alone. */
export const extremumSamples: readonly GradientSample[] = [
  {
    inputs: [
      [2, 3],
      [2, 3],
    ],
  },
  {
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
  },
  { inputs: [[2, 3], [], [3]] },
  { inputs: [[2, 3]] },
];
