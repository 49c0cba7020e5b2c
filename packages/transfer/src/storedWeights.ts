import type { Tensor } from "@cajal/core";

/** Weights as a file has them, before they are matched with a model's. */
export interface StoredWeights {
  readonly format: string;
  /** In groups that the file has for layers; one group without a name where it has none. */
  readonly groups: readonly StoredGroup[];
  /** Places as `.weights.h5` has them (`layers/conv2d/vars/0`), in place of names. */
  readonly byPath?: boolean;
  /** That Keras 1 wrote them, which had other layouts. */
  readonly keras1?: boolean;
  /** That they lie by their names, not as the model has them: their order tells nothing. */
  readonly sorted?: boolean;
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
