import type { StatedType } from "../model/model";
export { newestOpset } from "./standard.data";
/** An input or an output as the standard describes it. */
export interface Formal {
    /** Inputs and outputs of one variable are of one type. */
    readonly variable: string;
    /** The types that the variable may stand for, e.g. "float32" or "sequence(int64)". */
    readonly types: ReadonlySet<string>;
    readonly optional: boolean;
    /** Whether it stands for any number of values; `mixed`: of any of its types each. */
    readonly variadic: boolean;
    readonly mixed: boolean;
}
export interface Schema {
    /** The first operator set that has it like this. */
    readonly since: number;
    /** Whether that set took the operator out. */
    readonly removed: boolean;
    readonly inputs: readonly Formal[];
    readonly leastInputs: number;
    readonly outputs: readonly Formal[];
    readonly leastOutputs: number;
    readonly attributes: ReadonlyMap<string, {
        readonly type: StatedType;
        readonly required: boolean;
    }>;
}
/** All versions of an operator of the standard, oldest first; none of one that it does not have. */
export declare function schemasOf(op: string): readonly Schema[];
/** The operator as operator set `opset` has it; undefined where it has none of that name. */
export declare function schemaIn(op: string, opset: number): Schema | undefined;
/** Names of all operators of the standard. */
export declare const standardOperators: readonly string[];
