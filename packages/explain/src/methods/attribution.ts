// What a method is asked for by name, and what it answers.
import type { Tensor } from "@cajal/core";
import type { Output } from "../network/explainedGraph";
import type { Control } from "../network/network";
import type { Attributed } from "./method";
import type { MethodName, MethodOptions } from ".";

export interface CommonOptions extends Control {
  /**
   * The class whose score is explained: one for all images, or one for each. Default: each image's own top
   * class.
   */
  readonly target?: number | readonly number[];
  /**
   * What of the class is explained: its logit, or its probability, which is the sigmoid's where the network ends in one or
   * has one score alone; "softmax" is a probability, too, and refuses such networks. Default "logit".
   */
  readonly output?: Output;
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
export interface Attribution extends Attributed {
  readonly method: MethodName;
  /** The class of each image. */
  readonly targets: readonly number[];
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
