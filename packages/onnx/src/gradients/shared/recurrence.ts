// Recurrent operators written out step by step in elementary operators. Their gradients are those
// of what is written here: back-propagation through time (Werbos 1990).
import { CajalError } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";
import type { AtLeast, Exactly } from "../../model/atLeast";
import { batched as batchFirstInputs, sequence, swapFirstAxes } from "../../graph/timeFirst";
import type { Gradient, GradientContext } from "../gradient";
import { activationsOf, recurrentActivations, type Activation } from "./recurrentActivations";
import { staticShape } from "./sumTo";
import { throughExpansion } from "./throughExpansion";

/** The state of a recurrence: the output first, then what else it carries on (an LSTM's cell). */
type State = readonly Value[];

/** `Activations` and `States`: how many of them a cell has at least. */
export interface Cell<Activations extends number = number, States extends number = number> {
  /** How many gates' weights lie below each other in W and R. */
  readonly gates: number;
  /** Names of the activations, in the operator's order, where it does not say. */
  readonly activations: readonly string[];
  /** Inputs of the node that hold the initial state. */
  readonly initial: readonly number[];
  /** Whether the recurrent bias is not simply added to the input's. */
  readonly separateBias?: true;
  /** One step: `x` is what the input adds to each gate, bias included; [batch, gates · hidden]. */
  step(
    g: GraphBuilder,
    x: Value,
    state: AtLeast<States, Value, Value>,
    weights: CellWeights<Activations>,
  ): State;
}

export interface CellWeights<Activations extends number = number> {
  readonly hidden: number;
  /** Rᵀ, [hidden, gates · hidden]. */
  readonly recurrent: Value;
  /** The recurrent bias, [gates · hidden], where it is not part of `x` already. */
  readonly recurrentBias: Value | undefined;
  readonly activations: AtLeast<Activations, Activation, Activation>;
  /** An LSTM's weights from the cell to the gates i, o and f, each [hidden]. */
  readonly peepholes: readonly Value[] | undefined;
  /** Keeps what goes into an activation within the node's limits. */
  clip(x: Value): Value;
}

/** The gradient of a recurrent operator whose step is `cell`. */
export const gradientOfRecurrence = <Activations extends number, States extends number>(
  cell: Cell<Activations, States>,
): Gradient["gradient"] =>
  throughExpansion((context, g) => {
    if (context.int("layout", 0) === 0) return unroll(g, cell, context);
    const inputs = context.inputs.map(
      (x, i) => x && (batchFirstInputs.includes(i) ? g.transpose(x, swapFirstAxes) : x),
    );
    const [y, ...states] = unroll(g, cell, { ...context, inputs: inputs as [Value] });
    return [g.transpose(y!, sequence), ...states.map((state) => g.transpose(state, swapFirstAxes))];
  });

/** Y, Y_h and, for an LSTM, Y_c. */
function unroll(g: GraphBuilder, cell: Cell, context: GradientContext): Value[] {
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

/** The gates of one step, in their order. */
export const gatesOf = <N extends number>(g: GraphBuilder, z: Value, gates: N, hidden: number) =>
  g.split(z, { axis: 1, sizes: Array<number>(gates).fill(hidden) }) as Exactly<N, Value>;

const unsupported = ({ node }: GradientContext, what: string) =>
  new CajalError(
    "unsupported",
    `node "${node.name}": the gradient of ${node.op} with ${what} is not known.`,
    {
      node: node.name,
      op: node.op,
    },
  );
