// Recurrent operators written out step by step in elementary operators. Their gradients are those
// of what is written here: back-propagation through time (Werbos 1990).
import { CajalError } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Gradient, GradientContext } from "../gradient";
import { knownShape } from "./sumTo";

/** The state of a recurrence: the output first, then what else it carries on (an LSTM's cell). */
type State = readonly Value[];

export interface Cell {
  /** How many gates' weights lie below each other in W and R. */
  readonly gates: number;
  /** Names of the activations, in the operator's order, where it does not say. */
  readonly activations: readonly string[];
  /** Inputs of the node that hold the initial state. */
  readonly initial: readonly number[];
  /** Whether the recurrent bias is not simply added to the input's. */
  readonly separateBias?: true;
  /** One step: `x` is what the input adds to each gate, bias included; [batch, gates · hidden]. */
  step(g: GraphBuilder, x: Value, state: State, weights: CellWeights): State;
}

export interface CellWeights {
  readonly hidden: number;
  /** Rᵀ, [hidden, gates · hidden]. */
  readonly recurrent: Value;
  /** The recurrent bias, [gates · hidden], where it is not part of `x` already. */
  readonly recurrentBias: Value | undefined;
  readonly activations: readonly ((x: Value) => Value)[];
}

/** The gradient of a recurrent operator whose step is `cell`. */
export function gradientOfRecurrence(cell: Cell): Gradient["gradient"] {
  return (dys, context, g) => {
    const { inputs } = context;
    refuse(context);
    const written = unroll(g, cell, context);
    const pairs = written.flatMap((y, i) => (dys[i] ? [[y, dys[i]] as const] : []));
    const wanted = inputs.flatMap((x, i) => (x && context.wants(i) ? [i] : []));
    const dxs = context.pullback(
      pairs.map(([y]) => y),
      pairs.map(([, dy]) => dy),
      wanted.map((i) => inputs[i]!),
    );
    return inputs.map((_, i) => dxs[wanted.indexOf(i)]);
  };
}

/** Y, Y_h and, for an LSTM, Y_c. */
function unroll(g: GraphBuilder, cell: Cell, context: GradientContext): Value[] {
  const [x, w, r, b] = context.inputs as readonly [Value, Value, Value, Value | undefined];
  const [time, batch] = knownShape(x, "of a recurrent operator");
  const [directions, , hidden] = knownShape(r, "of a recurrent operator");
  const wide = cell.gates * hidden!;
  const names =
    context.strings("activations") ??
    Array.from({ length: directions! }, () => cell.activations).flat();
  const each = cell.activations.length;
  const results = Array.from({ length: directions! }, (_, d) => {
    const of = (value: Value, from = 0, length?: number) => {
      const one = g.squeeze(g.slice(value, { starts: [d], ends: [d + 1], axes: [0] }), [0]);
      return length === undefined
        ? one
        : g.slice(one, { starts: [from], ends: [from + length], axes: [0] });
    };
    const inputBias = b && of(b, 0, wide);
    const recurrentBias = b && of(b, wide, wide);
    let fromInput = g.matMul(x, g.transpose(of(w), [1, 0]));
    if (inputBias)
      fromInput = g.add(
        fromInput,
        cell.separateBias ? inputBias : g.add(inputBias, recurrentBias!),
      );
    const steps = g.split(fromInput, { axis: 0, sizes: Array<number>(time!).fill(1) });
    const weights: CellWeights = {
      hidden: hidden!,
      recurrent: g.transpose(of(r), [1, 0]),
      recurrentBias: cell.separateBias ? recurrentBias : undefined,
      activations: names
        .slice(d * each, (d + 1) * each)
        .map((name) => activation(g, name, context)),
    };
    let state: State = cell.initial.map((i) =>
      context.inputs[i] ? of(context.inputs[i]) : g.expand(g.scalar(x.dtype, 0), [batch!, hidden!]),
    );
    const backwards = context.string("direction", "forward") === "reverse" || d === 1;
    const ys: Value[] = [];
    for (let step = 0; step < time!; step++) {
      const t = backwards ? time! - 1 - step : step;
      state = cell.step(g, g.squeeze(steps[t]!, [0]), state, weights);
      ys[t] = g.unsqueeze(state[0]!, [0, 1]);
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
export const gatesOf = (g: GraphBuilder, z: Value, gates: number, hidden: number): Value[] =>
  g.split(z, { axis: 1, sizes: Array<number>(gates).fill(hidden) });

function activation(g: GraphBuilder, name: string, context: GradientContext): (x: Value) => Value {
  const known: Record<string, (x: Value) => Value> = {
    Sigmoid: (x) => g.sigmoid(x),
    Tanh: (x) => g.tanh(x),
    Relu: (x) => g.relu(x),
    HardSigmoid: (x) => g.op("HardSigmoid", [x]),
    Softsign: (x) => g.softsign(x),
    Softplus: (x) => g.softplus(x),
    Elu: (x) => g.op("Elu", [x]),
  };
  const found = Object.entries(known).find(([key]) => key.toLowerCase() === name.toLowerCase());
  if (!found)
    throw unsupported(context, `activation ${name} (known: ${Object.keys(known).join(", ")})`);
  return found[1];
}

/** What the written-out form does not do. */
function refuse(context: GradientContext): void {
  const { node } = context;
  if (node.inputs[4]) throw unsupported(context, "sequence_lens");
  if (node.op === "LSTM" && node.inputs[7]) throw unsupported(context, "peepholes");
  for (const name of ["clip", "input_forget", "layout", "activation_alpha", "activation_beta"]) {
    const attribute = node.attributes[name];
    const isDefault =
      attribute === undefined ||
      attribute.value === 0 ||
      (Array.isArray(attribute.value) && attribute.value.length === 0);
    if (!isDefault) throw unsupported(context, name);
  }
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
