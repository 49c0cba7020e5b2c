// What an operator of ONNX is in TF.js' operations.
import type { Node } from "@cajal/onnx";
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "../peers";

/** Reads an attribute, which is of the kind that its absent value is. */
export interface AttributeReader {
  (name: string, absent: number): number;
  (name: string, absent: string): string;
  (name: string, absent: readonly number[]): readonly number[];
  (name: string, absent: readonly string[]): readonly string[];
}

/** What an operator is given beside its inputs. */
export interface OperatorContext {
  readonly tf: TfCore;
  /** How many outputs the node has. */
  readonly outputs: number;
  /** An attribute; `absent` where the node does not have it. */
  readonly get: AttributeReader;
}

/** @param inputs undefined where an optional one is left out */
export type TfjsOperator = (
  inputs: readonly [tfc.Tensor, ...(tfc.Tensor | undefined)[]],
  context: OperatorContext,
) => tfc.Tensor | readonly tfc.Tensor[];

export type TfjsOperators = Readonly<Record<string, TfjsOperator>>;

/** An attribute of a node. */
export const attributeOf = ({ attributes }: Node): AttributeReader =>
  ((name: string, absent: unknown) => attributes[name]?.value ?? absent) as AttributeReader;

/** Whole numbers of a tensor, such as axes and extents. */
export const numbersOf = (x: tfc.Tensor): number[] => Array.from(x.dataSync());

/** An axis counted from the front. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Whole numbers as a tensor. */
export const wholeTensor = (tf: TfCore, values: readonly number[]): tfc.Tensor =>
  tf.tensor([...values], [values.length], "int32");
