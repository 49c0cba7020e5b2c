// What there is to say of a layer of Keras on TF.js: the formula, in TF.js' operations, of one that TF.js lacks
// or computes otherwise. Shapes and weights are those of @cajal/models. A file each in this folder.
import type { KerasShape, Layer } from "@cajal/models";
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "../peers";

type Config = Readonly<Record<string, unknown>>;

/** What a formula is given beside config and inputs. */
export interface CallContext {
  readonly tf: TfCore;
  /** The layer's weights, by their names: "kernel", "bias". */
  readonly weights: Readonly<Record<string, tfc.Tensor>>;
  /** Whether a training step calls. */
  readonly training: boolean;
  /** Whether gradients are wanted, of a training step or of inference. */
  readonly differentiated: boolean;
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
  /** How TF.js draws the random numbers of training: by the layer's `seed`, or so that no run can be repeated. */
  readonly random?: "seeded" | "unseeded";
  /** The formula is not that of training. */
  readonly inferenceOnly?: boolean;
  /** The formula; absent: that of TF.js serves, and only the rest of this is ours. */
  call?(
    config: C,
    inputs: readonly [tfc.Tensor, ...tfc.Tensor[]],
    context: CallContext,
  ): tfc.Tensor | readonly tfc.Tensor[];
}

/** Types a definition; registers nothing. */
export const defineTfjsLayer = <C extends Config>(layer: TfjsLayer<C>): TfjsLayer<C> => layer;
