import type { Node } from "../model/model";
import { type Inferred, type Operator } from "../operators/operator";
import type { Schema } from "../operators/standard";
/** `float32`, or `sequence(float32)` where the value is no tensor. */
export declare function typeOf({ dtype, containers }: Pick<Inferred, "dtype" | "containers">): string;
/**
 * Checks a node of the standard, and binds the type variables of its version.
 *
 * @returns variable → type
 * @throws CajalError `bad-model`, `unknown-name` (attribute)
 */
export declare function checkStandard(node: Node, schema: Schema, inputs: readonly (Inferred | undefined)[], opset: number): ReadonlyMap<string, string>;
/** Values of attributes that are words. */
export declare function checkChoices({ choices }: Operator, node: Node): void;
/** Values of attributes that are numbers. */
export declare function checkBounds({ bounds }: Operator, node: Node): void;
/** Checks a node of another domain against its definition. Throws as {@link checkStandard} does. */
export declare function checkDefined(definition: Operator, node: Node, inputs: readonly (Inferred | undefined)[]): void;
