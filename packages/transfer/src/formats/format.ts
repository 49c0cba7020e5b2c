// A file format of models or weights. Formats live in this folder, a file each, listed in index.ts.
import type { LoadedGraph } from "../adapt/graph/loadedGraph";
import type { Weights } from "@cajal/core";
import type { Layer, ModelConfig, Network, ResolveOptions } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import type { OptimizerState } from "../optimizer/optimizerState";
import type { TrainingConfig } from "../optimizer/trainingConfig";
import type { OpenSource } from "../source";
import type { StoredWeights } from "../storedWeights";

/** A model as it was read. */
export interface ReadModel {
  /** What the file is, e.g. "Keras .h5". */
  readonly format: string;
  readonly model: ModelConfig;
  readonly weights: Weights;
  /** The definitions of layers of one's own that it was read with. */
  readonly layers?: readonly Layer[];
  /** Names of the classes, where the file has them. */
  readonly labels?: readonly string[];
  /** Loss, metrics and optimizer as the file has them, unread. */
  readonly trainingConfig?: TrainingConfig;
  /** With the option `optimizer`, where the file has a state and its optimizer is known. */
  readonly optimizerState?: OptimizerState;
  /** With the option `optimizer`, where the file has a state that is not read: why, in words. */
  readonly unreadOptimizerState?: string;
}

/** An ONNX graph as it was read. */
export interface ReadGraph {
  readonly format: "ONNX";
  readonly model: OnnxModel;
  /** Its float32 initializers, by their names. */
  readonly weights: Weights;
  /** Names of the classes, where the file has them. */
  readonly labels?: readonly string[];
}

/** A model that is to be written, checked. */
export interface WholeModel extends Omit<ReadModel, "format" | "layers"> {
  readonly network: Network;
}

/** A way to write a model. */
export interface Encoder {
  /** What `writeModel` knows it by: "keras". */
  readonly id: string;
  /** Of files' names, the first for names that we choose: ".keras". */
  readonly endings: readonly string[];
  /**
   * The files' bytes by name, the one that describes the model first.
   *
   * @param name of that file
   */
  encode(model: WholeModel, name: string): ReadonlyMap<string, Uint8Array>;
  /** The same of an ONNX graph; absent: the format cannot hold one. */
  encodeGraph?(graph: LoadedGraph, name: string): ReadonlyMap<string, Uint8Array>;
}

export interface Format {
  readonly name: string;
  /** Whether a file is of this format, by its first bytes (up to 64 kB) and, where they do not tell, its name. */
  detect(head: Uint8Array, name: string): boolean;
  /** A whole model; absent where files of this format hold weights alone. */
  readModel?(
    source: OpenSource,
    options: ResolveOptions & { readonly optimizer: boolean },
  ): Promise<ReadModel>;
  /** A model that is a graph and no Keras config. */
  readGraph?(source: OpenSource): Promise<ReadGraph>;
  readWeights(source: OpenSource): Promise<StoredWeights>;
  readonly encoders: readonly Encoder[];
}

/** Only types. */
export const defineFormat = (format: Format): Format => format;
