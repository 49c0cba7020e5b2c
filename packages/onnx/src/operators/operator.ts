// The definition of an operator: its inputs and outputs, their types, its attributes, its inference rule for types
// and shapes, and the builder's methods for it.
import type { DType, Tensor } from "@cajal/core";
import type { Attributes } from "../model/attribute";
import type { AtLeast } from "../model/atLeast";
import type { Inferred } from "../model/inferred";
import type { Attribute, AttributeType, Dim, Node } from "../model/model";
import type { Method, Methods } from "./method";

export { badShape, type Inferred } from "../model/inferred";

/** The node that an inference rule is applied to. */
export interface InferenceContext<Least extends number = number> {
  /** The required inputs, and the optional ones where present. */
  readonly inputs: AtLeast<Least, Inferred>;
  /** Number of outputs that the node has. */
  readonly outputs: number;
  /** Version of the operator set in force. */
  readonly opset: number;
  /** The value of input `i`, where it is known while the graph is built. */
  constant(i: number): Tensor | undefined;
  /** An attribute's value, or the default where it is absent. */
  int(name: string, absent: number): number;
  float(name: string, absent: number): number;
  string(name: string, absent: string): string;
  ints(name: string): readonly number[] | undefined;
  attribute(name: string): Attribute | undefined;
  /** Outputs of the graph in attribute `name`, given its inputs; it sees the values around it. */
  subgraph(name: string, inputs: readonly Inferred[]): readonly Inferred[];
}

/** A node of which at least one input holds the examples of a batch. All shapes are known. */
export interface ExamplesContext extends InferenceContext<1> {
  /** How many examples there are, two at least. */
  readonly count: number;
  /** Of each input the axis along which they lie; undefined: it is the same for all of them. */
  readonly axes: readonly (number | undefined)[];
  /** Of each input whether it is random numbers, drawn for this batch. */
  readonly drawn: readonly boolean[];
  /** Shapes of the outputs. */
  readonly results: readonly (readonly number[])[];
}

/**
 * The axis along which the examples lie in all outputs, or in each, where an example's elements are made of its own
 * alone, in whatever batch it is; undefined where that cannot be told.
 */
export type ExamplesRule = (
  node: ExamplesContext,
) => number | undefined | readonly (number | undefined)[];

/**
 * Types that an input may have. Inputs with the same text must have the same type; a suffix distinguishes inputs
 * that need not: "integer" and "integer:depth".
 */
export type TypeRule = TypeGroup | `${TypeGroup}:${string}`;

export type TypeGroup = keyof typeof typeGroups;

const floats: readonly DType[] = ["float32", "float64", "float16"];
const unsigned: readonly DType[] = ["uint8", "uint16", "uint32", "uint64"];
const integers: readonly DType[] = ["int8", "int16", "int32", "int64", ...unsigned];

export const typeGroups = {
  float: floats,
  integer: integers,
  unsigned,
  signed: ["int8", "int16", "int32", "int64", ...floats],
  number: [...integers, ...floats],
  /** Types of indices. */
  index: ["int32", "int64"],
  int64: ["int64"],
  bool: ["bool"],
  float32: ["float32"],
  byte: ["uint8", "int8"],
  any: [...integers, ...floats, "bool"],
} as const satisfies Record<string, readonly DType[]>;

export type AttributeTypes = Readonly<Record<string, AttributeType>>;

/** Bounds of a number, all of which must hold. */
export interface Bounds {
  readonly least?: number;
  readonly above?: number;
  readonly among?: readonly number[];
  readonly odd?: true;
}

/** A flag: ONNX Runtime treats other numbers inconsistently. */
export const flag: Bounds = { among: [0, 1] };

/**
 * Values of an activation, by its Keras name ("linear": of a product); those of the first input as they are
 * ("same"), or in another shape or type ("moves"); or the sum of the inputs, of which one may be a bias ("adds").
 */
export type Ending = { readonly activation: string } | "same" | "moves" | "adds";

export interface Operator<M extends Methods = Methods, Least extends number = number> {
  readonly op: string;
  /**
   * The builder's methods: ONNX's name and argument order, attributes last. Absent: operators that
   * are read but not built.
   */
  readonly methods?: M;
  /** "" (the default) is the standard's domain; "com.microsoft" ONNX Runtime's. */
  readonly domain?: string;
  /** First and last version of the operator set that has it; absent: 1, and every later one. */
  readonly since?: number;
  readonly until?: number;
  /** Minimum and maximum number of inputs. */
  readonly inputs: readonly [least: Least, most: number];
  readonly outputs: readonly [number, number];
  /** Types of the inputs, in order; the last applies to all further ones. */
  readonly types: readonly TypeRule[];
  /** The attributes of all versions of the operator. */
  readonly attributes: AttributeTypes;
  /** Allowed values of string attributes. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  /** Bounds of attributes that are numbers, or lists of them. */
  readonly bounds?: Readonly<Record<string, Bounds>>;
  /** Required attributes. */
  readonly required?: readonly string[];
  /**
   * Multiply-adds, from the shapes of its inputs and its output; biases are not counted. Absent: none worth counting.
   *
   * @param int an attribute's value, or what to take where it is absent
   */
  macs?(
    inputs: readonly (readonly number[])[],
    output: readonly number[],
    int: (name: string, absent: number) => number,
  ): number;
  /**
   * The axis of the output's channels in a weight of so many axes that is its second input; undefined: such a weight
   * has none. Absent: it multiplies by no weights.
   */
  weightAxis?(rank: number, int: (name: string, absent: number) => number): number | undefined;
  /** Where the examples of a batch lie in its outputs; absent: it may mix them. */
  readonly examples?: ExamplesRule;
  /** Index of the input that holds the extents of its output. */
  readonly extents?: number;
  /** Indices of inputs that are settings, such as statistics and limits, and must not be trained. */
  readonly settings?: readonly number[];
  /** What its outputs are where a network ends with it, for the choice of a loss; absent: nothing in particular. */
  readonly ending?: Ending;
  /** The attribute with the subgraph that never runs, given the constant inputs; its shapes are ignored. */
  skips?(inputs: readonly (Inferred | undefined)[]): string | undefined;
  /** Whether its results are piecewise constant or random: their gradient is 0 wherever it exists. */
  readonly steps?: true;
  /** Why a node of it may be left without a gradient, where others are rewritten. */
  readonly withoutGradient?: string;
  /** The constant that a node has by its attributes alone. */
  constant?(node: Node): Tensor | undefined;
  /** Types and shapes of all outputs. Throws CajalError `bad-shape` where the inputs do not fit. */
  infer(node: InferenceContext<Least>): readonly Inferred[];
  /**
   * Whether ONNX Runtime's kernel (1.30) ends the process, never ends or computes wrongly for inputs of
   * these shapes, because one has an extent of 0.
   *
   * @param axes that the node names, by attribute or constant
   */
  failsOnEmpty?(inputs: readonly (readonly Dim[] | undefined)[], axes?: readonly number[]): boolean;
  /** Cases that are run in ONNX Runtime, whose results must have the inferred types and shapes. */
  readonly samples: readonly OperatorSample[];
}

export interface OperatorSample {
  /** A shape stands for float32 numbers; undefined is an optional input left out. */
  readonly inputs: readonly (readonly number[] | Tensor | undefined)[];
  readonly attributes?: Attributes;
  /** Number of outputs; default: the minimum. */
  readonly outputs?: number;
}

/** Types a definition; registers nothing. */
export const defineOperator = <
  M extends Methods = Record<never, Method>,
  const Least extends number = number,
>(
  operator: Operator<M, Least>,
): Operator<M, Least> => operator;
