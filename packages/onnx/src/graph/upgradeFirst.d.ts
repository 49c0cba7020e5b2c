import type { Node } from "../model/model";
import type { Adder } from "./upgrade";
/** Operators that have a rule. */
export declare const upgradedFirst: readonly string[];
/**
 * A node of operator set `opset`, 1 to 6, as opset 7 has it.
 *
 * @throws CajalError `unsupported` for the few forms that opset 7 has not
 */
export declare function upgradeFirst(node: Node, g: Adder, opset: number): Node;
