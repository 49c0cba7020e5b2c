// Definitions of Keras layers for TF.js: the formula, in TF.js' operations, of a layer that TF.js lacks or computes
// differently. Shapes and weights come from @cajal/models. One file per layer in this folder.
import type { KerasShape, Layer } from "@cajal/models";
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "../peers";

type Config = Readonly<Record<string, unknown>>;

/** The arguments of a formula beside config and inputs. */
export interface CallContext<Weight extends string = never> {
  readonly tf: TfCore;
  /** The layer's weights by name; those of `Weight` always exist, others depend on the config. */
  readonly weights: Readonly<Record<string, tfc.Tensor>> & Readonly<Record<Weight, tfc.Tensor>>;
  /** Whether the call is part of a training step. */
  readonly training: boolean;
  /** Whether gradients are needed, in training or at inference. */
  readonly differentiated: boolean;
  /** Sets a weight, as batch normalization does in training. */
  readonly assign: (name: string, value: tfc.Tensor) => void;
  /** Shapes of the outputs, the batch first. */
  readonly outputs: readonly KerasShape[];
}

export interface TfjsLayer<C extends Config = Config, Weight extends string = never> {
  /** Keras' class name. */
  readonly className: Layer["className"];
  /**
   * Whether TF.js' own layer computes something else, by config and input shapes (unknown within a layer such as
   * TimeDistributed); absent: TF.js has no such layer.
   */
  differs?(config: C, inputs: readonly KerasShape[]): boolean;
  /** Whether this formula does not cover a config either. */
  refuses?(config: C): boolean;
  /** Whether TF.js computes the result of integer inputs of so many bits exactly; absent: it does. */
  isExact?(bits: number, inputs: number): boolean;
  /** The formula for integers, where it differs; `wrap` wraps a sum to the range of their dtype. */
  callOnIntegers?(
    inputs: readonly tfc.Tensor[],
    context: { readonly tf: TfCore; wrap(x: tfc.Tensor): tfc.Tensor },
  ): tfc.Tensor;
  /** That TF.js' random numbers in training follow the layer's `seed`; of others they cannot be reproduced. */
  readonly random?: "seeded";
  /** Whether the formula is for inference only. */
  readonly inferenceOnly?: boolean;
  /** The formula; absent: TF.js' own layer is used. */
  call?(
    config: C,
    inputs: readonly [tfc.Tensor, ...tfc.Tensor[]],
    context: CallContext<Weight>,
  ): tfc.Tensor | readonly tfc.Tensor[];
}

/** Types a definition; registers nothing. */
export const defineTfjsLayer = <C extends Config, Weight extends string = never>(
  layer: TfjsLayer<C, Weight>,
): TfjsLayer<C, Weight> => layer;
