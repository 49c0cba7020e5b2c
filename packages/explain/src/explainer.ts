// What an opened explainer can do, and what it answers.
import type { Tensor } from "@cajal/core";
import type { AttackOptions } from "./attacks/attack";
import type { MaximizeOptions } from "./maximize";
import type { MethodName, MethodOptions } from "./methods";
import type { MetricName, MetricOptions } from "./metrics";
import type { Measured } from "./metrics/metric";
import type { Control } from "./network/network";

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

export type MeasureOptions<Name extends MetricName = MetricName> = Name extends MetricName
  ? Omit<CommonOptions, "layer"> & { readonly metric: Name } & MetricOptions<Name>
  : never;

export interface Measurement extends Measured {
  readonly metric: MetricName;
  /** The class of each image. */
  readonly targets: readonly number[];
  /**
   * Of each image, whether its map is better than the random one by the figure that the metric judges by
   * (`metrics` says which); of `randomisation`, whether the map changed with the weights: a rank correlation
   * below 0.5. What is false has failed the check.
   */
  readonly passes: readonly boolean[];
}

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

export interface Attack {
  /** As the images that were given. */
  readonly images: Tensor<"float32">;
  /** [n, classes], of the changed images. */
  readonly logits: Tensor<"float32">;
}

export interface Maximization {
  /** After the first and after the last step, [1, h, w, c]. */
  readonly first: Tensor<"float32">;
  readonly image: Tensor<"float32">;
  /** Before each step: the score, and the score less the penalties. */
  readonly scores: readonly number[];
  readonly objectives: readonly number[];
}

export interface LayerShape {
  readonly name: string;
  /** Without the batch; undefined where an extent is free. */
  readonly shape: readonly (number | undefined)[];
}

/** A network opened to be explained, for many images. Owns the engine's memory: dispose it. */
export interface Explainer {
  /** Of one image, without the batch; undefined where an extent is free. */
  readonly inputShape: readonly (number | undefined)[];
  /** The layers on the way, in their order, as `layer` takes them. */
  readonly layers: readonly LayerShape[];
  /** The layer that class activation maps choose; undefined where there is none. */
  readonly mapLayer: string | undefined;
  /** How many classes there are. */
  readonly classes: number;
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
  /**
   * How good a map or a method is, beside the same figures of a random map.
   *
   * @example await explainer.measure(image, { metric: "road", heat: map })
   */
  measure<Name extends MetricName>(
    images: Tensor,
    options: MeasureOptions<Name>,
  ): Promise<Measurement>;
  /** Adversarial images. `target`: the true class, or the wanted one where `targeted`. */
  attack(
    images: Tensor,
    options: AttackOptions & Pick<CommonOptions, "target" | "signal" | "onProgress">,
  ): Promise<Attack>;
  /** The image that a class, a channel or a unit wants to see. */
  maximize(options: MaximizeOptions): Promise<Maximization>;
  /** Scores of images, [n, classes]. */
  scores(
    images: Tensor,
    options?: Pick<CommonOptions, "output" | "signal">,
  ): Promise<Tensor<"float32">>;
  dispose(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}
