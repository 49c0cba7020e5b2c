// What is known of an operator: how many inputs and outputs it has, its attributes, and the rule
// that tells its outputs' types and shapes. Operators live in operators/, a family a file.
import type { DType, Tensor } from "@cajal/core";
import type { Attribute, AttributeType, Dim } from "./model";

export interface Inferred {
  readonly dtype: DType;
  readonly shape: readonly Dim[] | undefined;
}

/** What an inference rule sees of a node. */
export interface InferenceContext {
  readonly inputs: readonly (Inferred | undefined)[];
  readonly outputs: number;
  /** Version of the operator set in force. */
  readonly opset: number;
  /** The value of input `i`, where it is known while the graph is built. */
  constant(i: number): Tensor | undefined;
  /** An attribute's value, or what to take where it is absent. */
  int(name: string, absent: number): number;
  float(name: string, absent: number): number;
  string(name: string, absent: string): string;
  ints(name: string): readonly number[] | undefined;
  attribute(name: string): Attribute | undefined;
}

export interface Operator {
  readonly op: string;
  /** "" (the default) is the standard's own; "com.microsoft" are ONNX Runtime's. */
  readonly domain?: string;
  /** Least and greatest number of inputs. */
  readonly inputs: readonly [number, number];
  readonly outputs: readonly [number, number];
  readonly attributes: Readonly<Record<string, AttributeType>>;
  /** Types and shapes of all outputs. Throws CajalError `bad-shape` where the inputs do not fit. */
  infer(node: InferenceContext): readonly Inferred[];
}

/** Types a definition; registers nothing. */
export const defineOperator = (operator: Operator): Operator => operator;
