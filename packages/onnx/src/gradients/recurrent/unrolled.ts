// Recurrent operators written out step by step in elementary operators. Their gradients are those
// of what is written here.
import { CajalError } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";
import type { GradientContext } from "../gradient";
import { staticShape } from "../shared/sumTo";
import { activationsOf, recurrentActivations } from "./activations";
import type { Cell, CellWeights, State } from "./cell";

/** Y, Y_h and, for an LSTM, Y_c. */
export function unroll(g: GraphBuilder, cell: Cell, context: GradientContext): Value[] {
  const [x, w, r, b, lengths] = context.inputs as readonly [
    Value,
    Value,
    Value,
    Value | undefined,
    Value | undefined,
  ];
  const [time, batch] = staticShape(x, "of a recurrent operator", 2);
  const [directions, , hidden] = staticShape(r, "of a recurrent operator", 3);
  const gateUnits = cell.gates * hidden;
  const names =
    context.strings("activations") ??
    Array.from({ length: directions }, () => cell.activations).flat();
  const perDirection = cell.activations.length;
  const activations = activationsOf(
    g,
    names,
    context.floats("activation_alpha"),
    context.floats("activation_beta"),
  ).map((activation, i) => {
    if (activation) return activation;
    const supported = recurrentActivations.join(", ");
    throw unsupported(context, `activation ${names[i]} (known: ${supported})`);
  });
  const limit = context.float("clip", 0);
  // Which sequences are not at their end yet, [batch, 1] for each step.
  const running =
    lengths &&
    Array.from({ length: time }, (_, t) =>
      g.unsqueeze(g.greater(lengths, g.scalar(lengths.dtype, t)), [1]),
    );
  const results = Array.from({ length: directions }, (_, d) => {
    const partOf = (value: Value, from = 0, length?: number) => {
      const direction = g.squeeze(g.slice(value, { starts: [d], ends: [d + 1], axes: [0] }), [0]);
      return length === undefined
        ? direction
        : g.slice(direction, { starts: [from], ends: [from + length], axes: [0] });
    };
    const inputBias = b && partOf(b, 0, gateUnits);
    const recurrentBias = b && partOf(b, gateUnits, gateUnits);
    let fromInput = g.matMul(x, g.transpose(partOf(w), [1, 0]));
    if (inputBias)
      fromInput = g.add(
        fromInput,
        cell.separateBias ? inputBias : g.add(inputBias, recurrentBias!),
      );
    const steps = g.split(fromInput, { axis: 0, sizes: Array<number>(time).fill(1) });
    const weights: CellWeights = {
      hidden,
      recurrent: g.transpose(partOf(r), [1, 0]),
      recurrentBias: cell.separateBias ? recurrentBias : undefined,
      activations: activations.slice(d * perDirection, (d + 1) * perDirection),
      peepholes:
        context.inputs[7] &&
        g.split(partOf(context.inputs[7]), { axis: 0, sizes: Array<number>(3).fill(hidden) }),
      clip: (value) => (limit > 0 ? g.clip(value, { min: -limit, max: limit }) : value),
    };
    let state: State = cell.initial.map((i) =>
      context.inputs[i]
        ? partOf(context.inputs[i])
        : g.expand(g.scalar(x.dtype, 0), [batch, hidden]),
    );
    const backwards = context.string("direction", "forward") === "reverse" || d === 1;
    const ys: Value[] = [];
    for (let step = 0; step < time; step++) {
      const t = backwards ? time - 1 - step : step;
      const next = cell.step(g, g.squeeze(steps[t]!, [0]), state, weights);
      // Past its end a sequence gives zeros and its state stays; backwards it begins at its own end.
      const previousState = state;
      state = running
        ? next.map((value, i) => g.where(running[t]!, value, previousState[i]!))
        : next;
      ys[t] = g.unsqueeze(running ? g.where(running[t]!, next[0]!, 0) : next[0]!, [0, 1]);
    }
    return { ys: g.concat(ys, { axis: 0 }), last: state.map((value) => g.unsqueeze(value, [0])) };
  });
  const join = (values: Value[], axis: number) =>
    values.length === 1 ? values[0]! : g.concat(values, { axis });
  return [
    join(
      results.map(({ ys }) => ys),
      1,
    ),
    ...cell.initial.map((_, i) =>
      join(
        results.map(({ last }) => last[i]!),
        0,
      ),
    ),
  ];
}

const unsupported = ({ node }: GradientContext, what: string) =>
  new CajalError(
    "unsupported",
    `node "${node.name}": the gradient of ${node.op} with ${what} is not known.`,
    {
      node: node.name,
      op: node.op,
    },
  );
