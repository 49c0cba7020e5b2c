import type { GraphBuilder, Value } from "../../graph/builder";
export type Activation = (x: Value) => Value;
/** The names, for messages. */
export declare const recurrentActivations: readonly string[];
/**
 * The activations of a node in the order of their names; undefined where one is unknown. Each takes the
 * next of the parameters if it has any, as ONNX Runtime reads them.
 */
export declare function activationsOf(g: GraphBuilder, names: readonly string[], alphas?: readonly number[], betas?: readonly number[]): (Activation | undefined)[];
