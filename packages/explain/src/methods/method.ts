// A method of attribution: what it is called, what one may choose, and what it computes.
import type { Tensor } from "@cajal/core";
import type { Call } from "./call";
import type { GraphMethod } from "./graphMethod";

/** What a method computes; tensors lie as they do inside, channels first. */
export interface Attributed {
  /** What each pixel, or each unit of the layer, contributes. */
  readonly map: Tensor<"float32">;
  /** The layer that it is about or was taken from. */
  readonly layer?: string;
  /** [n, h, w]: the map at the layer, signed, before it was cut off at 0 and resized. */
  readonly cam?: Tensor<"float32">;
  /** [n, channels]: what each channel of the layer counts in `cam`. */
  readonly weights?: Tensor<"float32">;
  /** By how much the sum of attributions misses what it should be, for each image or draw. */
  readonly delta?: readonly number[];
  /** [n, features]: of methods that fit a linear model to features. */
  readonly coefficients?: Tensor<"float32">;
  readonly intercepts?: readonly number[];
  /** Points and weights of the rule that an integral was computed by. */
  readonly alphas?: readonly number[];
  readonly quadrature?: readonly number[];
  /** Points that each image's integral took. */
  readonly steps?: readonly number[];
  /** [n, terms]: what each layer's term adds up to. */
  readonly perLayer?: Tensor<"float32">;
  /** [n, channels]: the score of the image behind each channel's mask. */
  readonly maskScores?: Tensor<"float32">;
}

/** A method, whatever its options are. */
export interface AnyMethod {
  readonly name: string;
  /** As people call it. */
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
