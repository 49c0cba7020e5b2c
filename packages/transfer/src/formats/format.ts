// A file format of models or weights. Formats live in this folder, a file each, listed in index.ts.
import type { Tensor, Weights } from "@cajal/core";
import type { ModelConfig } from "@cajal/models";
import type { OpenSource } from "../source";

/** A model as it was read. */
export interface ReadModel {
  /** What the file is, e.g. "Keras .h5". */
  readonly format: string;
  readonly model: ModelConfig;
  readonly weights: Weights;
  /** Loss, metrics and optimizer as the file has them, unread. */
  readonly trainingConfig?: Readonly<Record<string, unknown>>;
}

/** Weights as a file has them, before they are matched with a model's. */
export interface StoredWeights {
  readonly format: string;
  /** In groups that the file has for layers; one group without a name where it has none. */
  readonly groups: readonly StoredGroup[];
  /** Places as `.weights.h5` has them (`layers/conv2d/vars/0`), in place of names. */
  readonly byPath?: boolean;
}

export interface StoredGroup {
  /** The layer's name there; "" where weights lie in no groups. */
  readonly name: string;
  readonly weights: readonly StoredWeight[];
}

export interface StoredWeight {
  /** As it is called there: "conv1/kernel:0", "gamma". */
  readonly name: string;
  readonly shape: readonly number[];
  /** @throws CajalError `bad-file` where its bytes are damaged */
  read(): Promise<Tensor>;
}

export interface Format {
  readonly name: string;
  /** Whether a file is of this format, by its first bytes (up to 512) and, where they do not tell, its name. */
  detect(head: Uint8Array, name: string): boolean;
  /** A whole model; absent where files of this format hold weights alone. */
  readModel?(source: OpenSource): Promise<ReadModel>;
  readWeights(source: OpenSource): Promise<StoredWeights>;
}

/** Only types. */
export const defineFormat = (format: Format): Format => format;
