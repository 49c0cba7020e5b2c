// What a graph under construction offers to an operator's methods, and how they become methods of the builder.
import type { Tensor } from "@cajal/core";
import type { Attributes } from "../model/attribute";
import type { ElementType } from "../model/elementType";
import type { Dim, Graph, Initializer, ValueInfo } from "../model/model";

/** A value in a graph under construction. */
export type Value = ValueInfo;

/** A graph under construction, as an operator's methods write into it. */
export interface NodeWriter {
  readonly opset: number;
  /** A node with one output. */
  op(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes?: Attributes,
    domain?: string,
  ): Value;
  /** A node with several outputs. */
  ops(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    options: { readonly outputs: number; readonly domain?: string },
  ): Value[];
  constant(data: Tensor | Initializer): Value;
  scalar(dtype: ElementType, value: number): Value;
  int64s(values: readonly number[]): Value;
  /** A graph inside this one, for an attribute of a node. */
  subgraph(
    name: string,
    inputs: readonly { readonly dtype: ElementType; readonly shape: readonly Dim[] | undefined }[],
    body: (g: NodeWriter, inputs: readonly Value[]) => readonly Value[],
  ): Graph;
}

/** Adds nodes of an operator to `g`: what `g.relu(x)` does is `relu: (g, x) => g.op("Relu", [x])`. */
export type Method = (g: NodeWriter, ...args: never) => unknown;

export type Methods = Readonly<Record<string, Method>>;

/** Methods as a builder of type G has them; functions that build a graph inside get a builder, too. */
export type Bound<M, G> = {
  readonly [Name in keyof M]: M[Name] extends (g: NodeWriter, ...args: infer A) => infer R
    ? (...args: WithBuilder<A, G>) => R
    : never;
};

type WithBuilder<A extends readonly unknown[], G> = {
  [I in keyof A]: A[I] extends (g: NodeWriter, ...args: infer B) => infer R
    ? (g: G, ...args: B) => R
    : A[I];
};

/** `{ relu: method }` for "Relu": a method is called as its operator is. */
export const namedMethod = <Op extends string, A extends readonly unknown[], R>(
  op: Op,
  method: (g: NodeWriter, ...args: A) => R,
) =>
  ({ [op.charAt(0).toLowerCase() + op.slice(1)]: method }) as Readonly<
    Record<Uncapitalize<Op>, (g: NodeWriter, ...args: A) => R>
  >;
