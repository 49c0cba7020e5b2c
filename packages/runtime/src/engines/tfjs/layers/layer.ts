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
  /** Whether a training step calls: its gradients are wanted. */
  readonly training: boolean;
  /** Gives a weight a new value, as batch normalization does in training. */
  readonly assign: (name: string, value: tfc.Tensor) => void;
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
  /** Whether TF.js' numbers hold what comes of so many inputs of so many bits; absent: they do. */
  exact?(bits: number, inputs: number): boolean;
  /** The formula over whole numbers, where it is another; `wrap` brings a sum into their type's range. */
  ofIntegers?(
    inputs: readonly tfc.Tensor[],
    context: { readonly tf: TfCore; wrap(x: tfc.Tensor): tfc.Tensor },
  ): tfc.Tensor;
  /** The formula is not that of training. */
  readonly inferenceOnly?: boolean;
  /** The formula; absent: that of TF.js serves, and only the rest of this is ours. */
  call?(
    config: C,
    inputs: readonly tfc.Tensor[],
    context: CallContext,
  ): tfc.Tensor | readonly tfc.Tensor[];
}

/** Types a definition; registers nothing. */
export const defineTfjsLayer = <C extends Config>(layer: TfjsLayer<C>): TfjsLayer<C> => layer;
