import type { GraphBuilder, Value } from "../../graph/builder";
import type { Gradient } from "../gradient";
import { type Activation } from "./recurrentActivations";
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
    readonly activations: readonly Activation[];
    /** An LSTM's weights from the cell to the gates i, o and f, each [hidden]. */
    readonly peepholes: readonly Value[] | undefined;
    /** Keeps what goes into an activation within the node's limits. */
    clip(x: Value): Value;
}
/** The gradient of a recurrent operator whose step is `cell`. */
export declare const gradientOfRecurrence: (cell: Cell) => Gradient["gradient"];
/** The gates of one step, in their order. */
export declare const gatesOf: (g: GraphBuilder, z: Value, gates: number, hidden: number) => Value[];
export {};
