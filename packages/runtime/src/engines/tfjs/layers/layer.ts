// A layer of Keras that TF.js lacks, or computes otherwise: its formula in TF.js' operations. Shapes
// and weights are those that @cajal/models knows. Such layers live in tfjsLayers/, a file each.
import type { KerasShape, Layer } from "@cajal/models";
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "../../../devices/peers";

type Config = Readonly<Record<string, unknown>>;

/** What a formula is given beside config and inputs. */
export interface CallContext {
  readonly tf: TfCore;
  /** The layer's weights, by their names: "kernel", "bias". */
  readonly weights: Readonly<Record<string, tfc.Tensor>>;
  /** Shapes of the outputs, the batch first. */
  readonly outputs: readonly KerasShape[];
}

export interface TfjsLayer<C extends Config = Config> {
  /** Keras' class name. */
  readonly className: Layer["className"];
  /**
   * Which layers TF.js gets wrong, by their config and the shapes of their inputs (unknown within a
   * layer such as TimeDistributed); absent: TF.js has no such layer.
   */
  differs?(config: C, inputs: readonly KerasShape[]): boolean;
  /** Configs that this formula does not cover either. */
  refuses?(config: C): boolean;
  /** The formula is not that of training. */
  readonly inferenceOnly?: boolean;
  call(
    config: C,
    inputs: readonly tfc.Tensor[],
    context: CallContext,
  ): tfc.Tensor | readonly tfc.Tensor[];
}

/** Types a definition; registers nothing. */
export const defineTfjsLayer = <C extends Config>(layer: TfjsLayer<C>): TfjsLayer<C> => layer;
