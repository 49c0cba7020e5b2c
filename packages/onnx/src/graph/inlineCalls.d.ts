import type { Node, OnnxModel } from "../model/model";
/** The standard's operator set that a node of a model of `opset` is meant in. */
export declare const opsetOf: (node: Node, opset: number) => number;
/**
 * The model with the calls of its local functions inlined; the model itself where it has none. Values
 * inside a call are named `CALL/NAME`. What came from a function of another operator set of the standard is
 * meant in that one: {@link opsetOf}.
 *
 * @throws CajalError `bad-model` for a function that calls itself, `unsupported` for one of another
 *   version of another domain than the model's, or calls that make more than 1,000,000 nodes
 */
export declare function inlineCalls(model: OnnxModel): OnnxModel;
