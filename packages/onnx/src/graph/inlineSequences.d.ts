import type { Node, ValueInfo } from "../model/model";
import type { GraphAssembler } from "./assembler";
/** The tensors of each sequence, by its name. */
export type Sequences = Map<string, readonly ValueInfo[]>;
/** What stands in place of a node: its sequence, or the nodes that have been added. */
type Rule = (node: Node, g: GraphAssembler, sequences: Sequences) => boolean;
/** Takes a node into `sequences`, or adds what it becomes; false where it has to stay. */
export declare const inlineSequence: Rule;
/** A node that puts a sequence together again, under its name. */
export declare const assembled: (name: string, values: readonly ValueInfo[], g: GraphAssembler) => Node;
export {};
