// What is known of an operator: how many inputs and outputs it has, their types, its attributes,
// the rule that tells its outputs' types and shapes, and the builder's methods for it.
import type { DType, Tensor } from "@cajal/core";
import type { Attributes } from "../model/attribute";
import type { AtLeast } from "../model/atLeast";
import type { Inferred } from "../model/inferred";
import type { Attribute, AttributeType, Dim, Node } from "../model/model";
import type { Method, Methods } from "./method";

export { badShape, type Inferred } from "../model/inferred";

/** What an inference rule is told of a node. */
export interface InferenceContext<Least extends number = number> {
  /** Those that the operator always has, and others as they are there. */
  readonly inputs: AtLeast<Least, Inferred>;
  /** Number of outputs that the node has. */
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
  /** Outputs of the graph in attribute `name`, given its inputs; it sees the values around it. */
  subgraph(name: string, inputs: readonly Inferred[]): readonly Inferred[];
}

/**
 * Types that an input may have. Inputs of equal text must be of equal type; a suffix tells two
 * apart that need not be: "integer" and "integer:depth".
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
  /** What ONNX indexes with. */
  index: ["int32", "int64"],
  int64: ["int64"],
  bool: ["bool"],
  float32: ["float32"],
  byte: ["uint8", "int8"],
  any: [...integers, ...floats, "bool"],
} as const satisfies Record<string, readonly DType[]>;

export type AttributeTypes = Readonly<Record<string, AttributeType>>;

/** What a number may be: all that is said must hold. */
export interface Bounds {
  readonly least?: number;
  readonly above?: number;
  readonly among?: readonly number[];
  readonly odd?: true;
}

/** A flag: ONNX Runtime takes other numbers now for 0, now for 1, or refuses them. */
export const flag: Bounds = { among: [0, 1] };

/**
 * Values of an activation, by its Keras name ("linear": of a product); those of the first input as they are
 * ("same"), or in another shape ("moves"); or the sum of the inputs, of which one may be a bias ("adds").
 */
export type Ending = { readonly activation: string } | "same" | "moves" | "adds";

export interface Operator<M extends Methods = Methods, Least extends number = number> {
  readonly op: string;
  /**
   * What the builder adds nodes of it with: ONNX's name and argument order, attributes last. Absent: operators that
   * are read, but not written.
   */
  readonly methods?: M;
  /** "" (the default) is the standard's own; "com.microsoft" are ONNX Runtime's. */
  readonly domain?: string;
  /** First and last version of the operator set that has it; absent: 1, and every later one. */
  readonly since?: number;
  readonly until?: number;
  /** Least and greatest number of inputs. */
  readonly inputs: readonly [least: Least, most: number];
  readonly outputs: readonly [number, number];
  /** Types of the inputs, in order; the last stands for all further ones. */
  readonly types: readonly TypeRule[];
  /** All that any version of the operator has. */
  readonly attributes: AttributeTypes;
  /** Words that an attribute may have, where it is not free. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  /** Bounds of attributes that are numbers, or lists of them. */
  readonly bounds?: Readonly<Record<string, Bounds>>;
  /** Attributes that must be given. */
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
  /** Inputs, by number, that set how it works, such as statistics and limits: no loss is to move them. */
  readonly settings?: readonly number[];
  /** What the values of its output are where a network ends with it; absent: nothing that a loss must know. */
  readonly ending?: Ending;
  /** The graph among its attributes that constant inputs rule out: what it says of these shapes is no matter. */
  skips?(inputs: readonly (Inferred | undefined)[]): string | undefined;
  /** Whether its results are steps or drawn anew: their gradient is 0 wherever there is one. */
  readonly steps?: true;
  /** What a node of it holds that its attributes alone say. */
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
  /** Cases that are run in ONNX Runtime: what it returns must be what `infer` told. */
  readonly samples: readonly OperatorSample[];
}

export interface OperatorSample {
  /** A shape stands for float32 numbers; undefined is an optional input left out. */
  readonly inputs: readonly (readonly number[] | Tensor | undefined)[];
  readonly attributes?: Attributes;
  /** Number of outputs, if not the least. */
  readonly outputs?: number;
}

/** Types a definition; registers nothing. */
export const defineOperator = <
  M extends Methods = Record<never, Method>,
  const Least extends number = number,
>(
  operator: Operator<M, Least>,
): Operator<M, Least> => operator;
