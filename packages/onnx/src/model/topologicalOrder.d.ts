import type { Graph, Node } from "./model";
/**
 * A graph's nodes so that each comes after those whose outputs it uses, else in their own order.
 *
 * @throws CajalError `bad-model` for a cycle; the message names its nodes
 */
export declare function topologicalOrder(nodes: readonly Node[]): readonly Node[];
/** Names that a node uses: its inputs, and what the graphs in it use of the values around them. */
export declare const used: (node: Node) => readonly string[];
/** Names that the graphs inside a node use of the values around it. */
export declare const capturesIn: ({ attributes }: Node) => readonly string[];
/** Names that a graph uses and does not define, each once. */
export declare function capturesOf(graph: Graph): readonly string[];
