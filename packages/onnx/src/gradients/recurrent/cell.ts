// What the gradients of RNN, GRU and LSTM are told of a cell.
import type { GraphBuilder, Value } from "../../graph/builder";
import type { AtLeast } from "../../model/atLeast";
import type { Activation } from "./activations";

/** The state of a recurrence: the output first, then what else it carries on (an LSTM's cell). */
export type State = readonly Value[];

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
  /** The gradients of all steps of a direction, where they are written out. */
  throughTime?(direction: Direction<Activations, States>, g: GraphBuilder): DirectionGradients;
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

/** An activation whose slope shows in its result. */
export type PlainActivation = Required<Activation>;

/** One direction of a node. What all steps have lies in rows: [steps · batch, …], in the order of time. */
export interface Direction<Activations extends number = number, States extends number = number> {
  readonly time: number;
  readonly hidden: number;
  readonly activations: AtLeast<Activations, PlainActivation, PlainActivation>;
  /** [rows, features] */
  readonly x: Value;
  /** [gates · hidden, features] */
  readonly w: Value;
  /** [gates · hidden, hidden] */
  readonly r: Value;
  /** Of both products, [gates · hidden] each. */
  readonly biases: readonly [ofX: Value, ofState: Value] | undefined;
  /** H of all steps, [rows, hidden]. */
  readonly y: Value;
  /** H before each step, [rows, hidden]. */
  readonly previous: Value;
  /** x and `previous` beside each other, [rows, features + hidden]. */
  given(): Value;
  /** [batch, hidden] each. */
  readonly initial: AtLeast<States, Value, Value>;
  /** The gradients of y's steps, [batch, hidden], in the order in which they are taken. */
  readonly dys: readonly Value[] | undefined;
  /** The gradients of the states behind the last step, [batch, hidden]; that of H has the last of `dys` in it. */
  readonly dEnd: readonly [dh: Value, dc?: Value | undefined];
  /** 1 for sequences that a step is past the end of, else 0: [batch, 1] for each step, where lengths are given. */
  readonly atEnd: readonly Value[] | undefined;
  /** [rows, …] → its steps, in the order in which they are taken. */
  stepsOf(rows: Value): Value[];
  /** Steps in the order in which they are taken → [rows, …]. */
  joined(steps: readonly Value[]): Value;
  /** `rows` where a sequence is not at its end, elsewhere the number. */
  running(rows: Value, otherwise: 0 | 1): Value;
}

/** The gradients that a direction gives. */
export interface DirectionGradients {
  /** Of x Wᵀ, [rows, gates · hidden]. */
  readonly dz: Value;
  /** Of the products of R's rows, from above: [rows, …] each, with what they were multiplied by, [rows, hidden]. */
  readonly ofProducts: readonly (readonly [dProduct: Value, state: Value])[];
  /** Of the initial states, [batch, hidden] each. */
  readonly dInitial: readonly (() => Value)[];
}
