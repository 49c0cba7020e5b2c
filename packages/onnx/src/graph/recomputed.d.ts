import { GraphBuilder, type Value } from "./builder";
/**
 * Adds what the graph computes from some values once more, from others: every node that depends on
 * them, under new names.
 *
 * @param instead a value's name → the value to compute from in its place
 * @returns the counterpart of a value: what it is with the others; itself where it depends on none
 * @throws CajalError `unsupported` for a node with a graph inside that depends on them
 */
export declare function recomputed(g: GraphBuilder, instead: ReadonlyMap<string, Value>): (value: Value) => Value;
