import { type Tensor } from "@cajal/core";
import type { Attributes } from "../model/attribute";
import type { Known } from "./infer";
import type { ElementType } from "../model/elementType";
import type { Node, ValueInfo } from "../model/model";
/** What a rule may add before the node itself: constants, and nodes with one output. */
export interface Adder {
    op(op: string, inputs: readonly ValueInfo[], attributes?: Attributes): ValueInfo;
    constant(data: Tensor): ValueInfo;
    scalar(dtype: ElementType, value: number): ValueInfo;
    value(name: string): ValueInfo;
    find(name: string): Known | undefined;
}
/** Operators that have a rule. */
export declare const upgraded: readonly string[];
/**
 * A node of operator set `opset` as opset 18 has it; what must come before it is added to `g`.
 *
 * @throws CajalError `unsupported` for the few forms that opset 18 has not
 */
export declare function upgrade(node: Node, g: Adder, opset: number): Node;
/**
 * Whether a node of operator set `from` is the same in `to`, both 18 or later.
 *
 * @throws CajalError `unsupported` where it is not
 */
export declare function checkSame({ op, domain, name, outputs }: Node, from: number, to: number): void;
