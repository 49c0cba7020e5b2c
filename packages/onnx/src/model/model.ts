// An ONNX model in memory: plain data with the names of onnx.proto (IR version 10), read by
// `decodeModel`, made by `GraphBuilder`, written by `encodeModel`.
import type { DType, Tensor } from "@cajal/core";

/** One axis: its extent, the name of a free one ("batch"), or undefined where nothing is known. */
export type Dim = number | string | undefined;

/** A named value: type and shape as far as known; `shape` undefined: not even the rank. */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[] | undefined;
}

/** An attribute keeps its ONNX type: the number 1 may be an int or a float. */
export type Attribute =
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "tensor"; readonly value: Tensor }
  | { readonly type: "graph"; readonly value: Graph }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "ints"; readonly value: readonly number[] }
  | { readonly type: "strings"; readonly value: readonly string[] };

export type AttributeType = Attribute["type"];

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
}

export interface Graph {
  readonly name: string;
  /** In topological order. */
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** What is known of the values between (ONNX calls it value_info). */
  readonly values: ReadonlyMap<string, ValueInfo>;
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
  /** The model's local functions, as they lie in its file; a node that calls one is not understood. */
  readonly functions?: readonly Uint8Array[] | undefined;
}
