// A layer of Keras that TF.js lacks, or computes otherwise: its formula in TF.js' operations. Shapes
// and weights are those that @cajal/models knows. Such layers live in tfjsLayers/, a file each.
import type { Layer } from "@cajal/models";
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

type Config = Readonly<Record<string, unknown>>;

/** What a formula is given beside config and inputs. */
export interface CallContext {
  readonly tf: TfCore;
  /** The layer's weights, by their names: "kernel", "bias". */
  readonly weights: Readonly<Record<string, tfc.Tensor>>;
  readonly training: boolean;
}

export interface TfjsLayer<C extends Config = Config> {
  /** Keras' class name. */
  readonly className: Layer["className"];
  /** Which configs TF.js gets wrong; absent: TF.js has no such layer. */
  differs?(config: C): boolean;
  call(
    config: C,
    inputs: readonly tfc.Tensor[],
    context: CallContext,
  ): tfc.Tensor | readonly tfc.Tensor[];
}

/** Types a definition; registers nothing. */
export const defineTfjsLayer = <C extends Config>(layer: TfjsLayer<C>): TfjsLayer<C> => layer;
