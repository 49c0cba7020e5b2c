// The gradients of recurrent operators: back-propagation through time (Werbos 1990). What all usual nodes have is
// written out; the gradients of others are those of their steps, one by one in elementary operators.
import { throughExpansion } from "../shared/throughExpansion";
import { sequence, swapFirstAxes, batched as batchFirstInputs } from "../../graph/timeFirst";
import type { Value } from "../../graph/builder";
import type { Gradient } from "../gradient";
import type { Cell } from "./cell";
import { throughTime } from "./throughTime";
import { unroll } from "./unrolled";

/** The gradient of a recurrent operator whose step is `cell`. */
export const gradientOfRecurrence =
  <Activations extends number, States extends number>(
    cell: Cell<Activations, States>,
  ): Gradient<3, 0>["gradient"] =>
  (dys, context, g) =>
    throughTime(cell, dys, context, g) ?? unrolled(cell)(dys, context, g);

const unrolled = (cell: Cell) =>
  throughExpansion<3, 0>((context, g) => {
    if (context.int("layout", 0) === 0) return unroll(g, cell, context);
    const inputs = context.inputs.map(
      (x, i) => x && (batchFirstInputs.includes(i) ? g.transpose(x, swapFirstAxes) : x),
    );
    const [y, ...states] = unroll(g, cell, { ...context, inputs: inputs as [Value] });
    return [g.transpose(y!, sequence), ...states.map((state) => g.transpose(state, swapFirstAxes))];
  });
