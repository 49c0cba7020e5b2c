// A method of attribution: what it is called, what one may choose, and what it computes.
import type { Tensor } from "@cajal/core";
import type { Call } from "./call";
import type { GraphMethod } from "./graphMethod";

/**
 * What a method computes: channels first as it computes it, as the explainer's `dataFormat` says in an
 * {@link Attribution}.
 */
export interface Attributed {
  /**
   * Signed, never scaled: [n, h, w, c] of the image, [n, h, w] of class activation maps, or the shape of the
   * layer (or [n, c, h, w]).
   */
  readonly map: Tensor<"float32">;
  /** The layer that the map is about or was taken from. */
  readonly layer?: string;
  /** Class activation maps: [n, h, w] at the layer's size, signed, before they were cut off at 0 and resized. */
  readonly cam?: Tensor<"float32">;
  /** The weight of each of the layer's channels in `cam`: [n, channels]. */
  readonly weights?: Tensor<"float32">;
  /** By how much the sum of attributions misses what it should be: of each image, or of each draw. */
  readonly delta?: readonly number[];
  /** Of linear models fitted to features: [n, features]. */
  readonly coefficients?: Tensor<"float32">;
  /** Of the same: [n]. */
  readonly intercepts?: readonly number[];
  /** Points on [0, 1] of the rule by which an integral was computed, */
  readonly alphas?: readonly number[];
  /** and their weights. */
  readonly quadrature?: readonly number[];
  /** Integrated gradients: the number of points that each image's integral took. */
  readonly steps?: readonly number[];
  /** Full gradients: the sum of each term, [n, terms]. */
  readonly perLayer?: Tensor<"float32">;
  /** Score-CAM: the score of the image behind each channel's mask, [n, channels]. */
  readonly maskScores?: Tensor<"float32">;
}

/** A method, whatever its options are. */
export interface AnyMethod {
  readonly name: string;
  /** The name in the literature. */
  readonly title: string;
  /** "image": a map of the image's shape; "cam": of its pixels, without channels; "layer": of the layer's shape. */
  readonly gives: "image" | "cam" | "layer";
  /** Whether all that it does is plain gradients and runs forwards, so that engine tfjs has it too. */
  readonly plain: boolean;
  /** Names of options. */
  readonly options: readonly string[];
  /** Whether it must be told a layer. */
  readonly needsLayer?: true;
  /** @param options of those names */
  attribute(call: Call, options: object): Promise<Attributed>;
  /** The same as part of a graph, where the method is one. */
  readonly graph?: GraphMethod;
}

export interface Method<Name extends string, Options extends object> extends AnyMethod {
  readonly name: Name;
  readonly options: readonly (keyof Options & string)[];
  attribute(call: Call, options: Options): Promise<Attributed>;
  readonly graph?: GraphMethod<Options>;
}

/** Types a definition; registers nothing. */
export const defineMethod = <const Name extends string, Options extends object>(
  method: Method<Name, Options>,
): Method<Name, Options> => method;
