import type { Tensor } from "@cajal/core";
import type { InferenceSession } from "onnxruntime-common";
import type { Ort } from "../peers";

/** One of the versions 0, 1, 2 of an array that is kept; made when it is first written. */
export type Ref = readonly [name: string, version: number];

/** What a run reads and writes; all other outputs are given back. */
export interface RunRequest {
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Input → the array that it reads. */
  readonly reads: Readonly<Record<string, Ref>>;
  /** Output → the array that it is written into, as one line of numbers. */
  readonly writes: Readonly<Record<string, Ref>>;
}

/** Arrays are float32. */
export interface GraphHost {
  /** Keeps arrays as versions 0; other versions of those names are gone. They are not copied. */
  put(arrays: Readonly<Record<string, Float32Array>>): void;
  /** Keeps zeros of these lengths as versions 0. */
  zero(lengths: Readonly<Record<string, number>>): void;
  /** Copies. */
  take(refs: readonly Ref[]): Float32Array[];
  /** The array itself. */
  arrayOf(ref: Ref): Float32Array;
  run(
    graph: {
      readonly ort: Ort;
      readonly session: InferenceSession;
      /** Of the inputs that read what is kept. */
      readonly shapes: Readonly<Record<string, readonly number[]>>;
      /** Shapes of all outputs, float32, where the graph is one {@link withoutResults}. */
      readonly outputShapes?: Readonly<Record<string, readonly number[]>> | undefined;
      /** Whether results are written into arrays that a run is given for them: see outputArrays.ts. */
      readonly writesInPlace: boolean;
    },
    request: RunRequest,
  ): Promise<Readonly<Record<string, Tensor>>>;
}

export const nothing: string;
export const refusal: string;

export function graphHost(): GraphHost;
