import { type Tensor } from "@cajal/core";
import type { Graph, Initializer, Node, ValueInfo } from "../model/model";
import { type Inferred, type Operator } from "../operators/operator";
/** A value as inference knows it; `constant`: all that it holds. */
export interface Known extends Inferred {
    readonly constant?: Tensor | undefined;
}
/** Value names to what is known of them; a subgraph's scope also finds the values around it. */
export interface Scope {
    find(name: string): Known | undefined;
}
/** How messages call a node. */
export declare const nameOf: (node: Node) => string;
/** The operator of a node. Throws CajalError `unknown-name`. */
export declare function definitionOf(node: Pick<Node, "op" | "domain">): Operator;
/** What a model states of a value. */
export type Stated = (name: string) => ValueInfo | undefined;
/**
 * Types and shapes of a node's outputs. Of an operator that is not known here (of another domain, or
 * of a newer operator set) they are what the model states.
 *
 * @throws CajalError `bad-model` (arity, attributes, types), `bad-shape` or `unknown-name`; the message
 *   names the node
 */
export declare function inferNode(node: Node, inputs: readonly (Known | undefined)[], opset: number, scope: Scope, stated?: Stated): readonly Known[];
/** Whether a number may be an extent. */
export declare const isExtent: (extent: number) => boolean;
/** What a graph states of its values, outputs among them. */
export declare function statedIn({ values, outputs }: Pick<Graph, "values" | "outputs">): Stated;
/** A constant as inference knows it. */
export declare function known(tensor: Initializer): Known;
/**
 * Types and shapes of a graph's outputs, given those of its inputs. Each is inferred once for the same inputs
 * and values around it: a loop asks its body again and again, and so does each loop inside.
 */
export declare function inferGraph(graph: Graph, inputs: readonly Inferred[], opset: number, outer: Scope): readonly Known[];
