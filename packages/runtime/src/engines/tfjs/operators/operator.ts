// ONNX operators in TF.js' operations.
import type { Node } from "@cajal/onnx";
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "../peers";

/** Reads an attribute, of the type of its default value. */
export interface AttributeReader {
  (name: string, defaultValue: number): number;
  (name: string, defaultValue: string): string;
  (name: string, defaultValue: readonly number[]): readonly number[];
  (name: string, defaultValue: readonly string[]): readonly string[];
}

/** The arguments of an operator beside its inputs. */
export interface OperatorContext {
  readonly tf: TfCore;
  /** How many outputs the node has. */
  readonly outputs: number;
  /** Reads an attribute; `defaultValue` where the node does not have it. */
  readonly get: AttributeReader;
}

/** @param inputs undefined where an optional one is left out */
export type TfjsOperator = (
  inputs: readonly [tfc.Tensor, ...(tfc.Tensor | undefined)[]],
  context: OperatorContext,
) => tfc.Tensor | readonly tfc.Tensor[];

export type TfjsOperators = Readonly<Record<string, TfjsOperator>>;

/** The attributes of a node, and which of them nothing has read: what an operator does not ask for it does not heed. */
export function attributesOf({ attributes }: Node): {
  readonly get: AttributeReader;
  unread(): readonly string[];
} {
  const read = new Set<string>();
  const get = (name: string, defaultValue: unknown) => {
    read.add(name);
    return attributes[name]?.value ?? defaultValue;
  };
  return {
    get: get as AttributeReader,
    unread: () => Object.keys(attributes).filter((name) => !read.has(name)),
  };
}

/** The integers of a tensor, such as axes and extents. */
export const numbersOf = (x: tfc.Tensor): number[] => Array.from(x.dataSync());

/** An axis counted from the front. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Integers as a tensor. */
export const wholeTensor = (tf: TfCore, values: readonly number[]): tfc.Tensor =>
  tf.tensor([...values], [values.length], "int32");
