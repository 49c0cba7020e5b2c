// What a method is asked for by name, and what it answers.
import type { Tensor } from "@cajal/core";
import type { Control } from "../network/network";
import type { MethodName, MethodOptions } from ".";

export interface CommonOptions extends Control {
  /**
   * The class whose score is explained: one for all images, or one for each. Default: each image's own top
   * class.
   */
  readonly target?: number | readonly number[];
  /** What of the class is explained: its logit, or its probability. Default "logit". */
  readonly output?: "logit" | "softmax";
  /**
   * The layer, where the method is about one: a Keras layer's path, a value of an ONNX graph, or a PyTorch module.
   * Class activation maps choose for themselves: the last maps before they are pooled or flattened.
   */
  readonly layer?: string;
}

export type AttributeOptions<Name extends MethodName = MethodName> = Name extends MethodName
  ? CommonOptions & { readonly method: Name } & MethodOptions<Name>
  : never;

/** Tensors lie as the explainer's `dataFormat` says. */
export interface Attribution {
  readonly method: MethodName;
  /**
   * Signed numbers as they come, never scaled: [n, h, w, c] of the image, [n, h, w] of class activation maps, or
   * the shape of the layer.
   */
  readonly map: Tensor<"float32">;
  /** The class of each image. */
  readonly targets: readonly number[];
  /** The layer that the map is about or was taken from. */
  readonly layer?: string;
  /** Class activation maps: [n, h, w] at the layer's size, signed, before they were cut off at 0 and resized. */
  readonly cam?: Tensor<"float32">;
  /** What each channel counts in `cam`: [n, channels]. */
  readonly weights?: Tensor<"float32">;
  /** By how much the sum of attributions misses what it should be: of each image, or of each draw. */
  readonly delta?: readonly number[];
  /** Of linear models fitted to features: [n, features]. */
  readonly coefficients?: Tensor<"float32">;
  readonly intercepts?: readonly number[];
  /** Points on [0, 1] and their weights, of methods that integrate. */
  readonly alphas?: readonly number[];
  readonly quadrature?: readonly number[];
  /** Integrated gradients: points that each image's integral took. */
  readonly steps?: readonly number[];
  /** Full gradients: what each term adds up to, [n, terms]. */
  readonly perLayer?: Tensor<"float32">;
  /** Score-CAM: the score behind each channel's mask, [n, channels]. */
  readonly maskScores?: Tensor<"float32">;
}

/** What gives attributions. Owns the engine's memory: dispose it. */
export interface Attributor {
  /**
   * @param images float32, one or a batch, scaled as the network was trained; all give the map that each would
   *   give alone
   * @throws CajalError `bad-argument` (a class out of range), `bad-shape`, `unknown-name` (method, layer),
   *   `unknown-option`, `unsupported` (an operator without a rule, a layer without spatial extent), `bad-model`
   *   (weights that are no numbers)
   */
  attribute<Name extends MethodName>(
    images: Tensor,
    options: AttributeOptions<Name>,
  ): Promise<Attribution>;
  dispose(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}
