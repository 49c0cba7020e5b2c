// An ONNX model in memory: plain data with the names of onnx.proto (IR version 10), read by
// `decodeModel`, built by `GraphBuilder`, written by `encodeModel`.
import { checkArgument, type Tensor } from "@cajal/core";
import { isDType, type CarriedType, type ElementType } from "./elementType";

/** One axis: its extent, the name of a free extent ("batch"), or undefined where it is unknown. */
export type Dim = number | string | undefined;

/** A container of tensors: a sequence, an optional, a map from keys of a type, or a sparse tensor. */
export type Container = "sequence" | "optional" | "sparse" | `map(${ElementType})`;

/** A named value: its type, and its shape as far as known; undefined: unknown rank. */
export interface ValueInfo {
  readonly name: string;
  /** Type and shape of the tensor, or of each tensor inside its containers. */
  readonly dtype: ElementType;
  readonly shape: readonly Dim[] | undefined;
  /** Where the value is not a tensor: its containers, outermost first. */
  readonly containers?: readonly Container[] | undefined;
  /** Fields of the file that Cajal does not read (doc_string, metadata), as encoded there. */
  readonly rest?: Uint8Array | undefined;
}

/** A tensor of a type that Cajal only carries and does not compute with, as encoded in a file. */
export type CarriedTensor =
  | {
      readonly dtype: Exclude<CarriedType, "string">;
      readonly shape: readonly number[];
      /** Little-endian; types below 8 bits are packed, the first element in the lowest bits. */
      readonly data: Uint8Array;
    }
  | {
      readonly dtype: "string";
      readonly shape: readonly number[];
      /** An element each, by convention UTF-8. */
      readonly data: readonly Uint8Array[];
    };

/** A constant of a graph. */
export type Initializer = Tensor | CarriedTensor;

/** Whether a tensor's elements are only carried. */
export function isCarried(tensor: Initializer): tensor is CarriedTensor {
  checkArgument("isCarried", "tensor", tensor, "object");
  return !isDType(tensor.dtype);
}

/** An attribute keeps its ONNX type: the number 1 may be an int or a float. */
export type Attribute =
  | { readonly type: "float"; readonly value: number }
  /** `exact` where the number is beyond 2⁵³ and `value` the nearest one. */
  | { readonly type: "int"; readonly value: number; readonly exact?: bigint }
  /** `bytes` where they are not UTF-8; `value` then has replacement characters. */
  | { readonly type: "string"; readonly value: string; readonly bytes?: Uint8Array }
  | { readonly type: "tensor"; readonly value: Initializer }
  | { readonly type: "graph"; readonly value: Graph }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | {
      readonly type: "ints";
      readonly value: readonly number[];
      readonly exact?: readonly bigint[];
    }
  | {
      readonly type: "strings";
      readonly value: readonly string[];
      readonly bytes?: readonly Uint8Array[];
    }
  /** Types that no rule reads: the messages as encoded in the file. */
  | { readonly type: CarriedAttributeType; readonly value: readonly Uint8Array[] }
  /** In a local function only: the value of the function's attribute `value`, of type `of`. */
  | { readonly type: "reference"; readonly value: string; readonly of: StatedType };

export type CarriedAttributeType =
  | "tensors"
  | "graphs"
  | "sparse_tensor"
  | "sparse_tensors"
  | "type_proto"
  | "type_protos";

export type AttributeType = Attribute["type"];

/** The types that ONNX numbers. */
export type StatedType =
  | "float"
  | "int"
  | "string"
  | "tensor"
  | "graph"
  | "floats"
  | "ints"
  | "strings"
  | CarriedAttributeType;

export interface Node {
  /** Operator, e.g. "Conv". */
  readonly op: string;
  /** "" is the standard's own domain. */
  readonly domain: string;
  /** May be empty: ONNX does not ask for one. */
  readonly name: string;
  /** Names of values; "" is an optional input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Which of several local functions of one name is called. */
  readonly overload?: string | undefined;
  /** Fields of the file that Cajal does not read (doc_string, metadata), as encoded there. */
  readonly rest?: Uint8Array | undefined;
}

export interface Graph {
  readonly name: string;
  /** In topological order, unless a file has them in another. */
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Initializer>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Types and shapes of intermediate values (ONNX: value_info). */
  readonly values: ReadonlyMap<string, ValueInfo>;
  /** Fields of the file that Cajal does not read, as encoded there. */
  readonly rest?: Uint8Array | undefined;
}

/** A function defined in a model; a node whose operator has its name is a call. */
export interface LocalFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload?: string | undefined;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes without a default; those with one are in `defaults`. */
  readonly attributes: readonly string[];
  readonly defaults: Readonly<Record<string, Attribute>>;
  readonly nodes: readonly Node[];
  readonly opsets: Readonly<Record<string, number>>;
  readonly values: ReadonlyMap<string, ValueInfo>;
  readonly rest?: Uint8Array | undefined;
}

export interface OnnxModel {
  readonly irVersion: number;
  /** Domain → version of its operator set, e.g. `{ "": 18 }`. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly producerVersion?: string | undefined;
  /** The model's own namespace, e.g. "org.example". */
  readonly domain?: string | undefined;
  readonly modelVersion?: number | undefined;
  /** ONNX calls it doc_string. */
  readonly description?: string | undefined;
  readonly graph: Graph;
  readonly metadata: ReadonlyMap<string, string>;
  /** The model's local functions; their calls are inlined for checks, building and differentiation. */
  readonly functions?: readonly LocalFunction[] | undefined;
  /** Fields of the file that Cajal does not read, as encoded there. */
  readonly rest?: Uint8Array | undefined;
}
