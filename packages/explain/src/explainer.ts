// What an opened explainer can do, and what it answers.
import type { Tensor } from "@cajal/core";
import type { AttackOptions } from "./attacks/attack";
import type { MaximizeOptions } from "./maximize";
import type { Attributor, CommonOptions } from "./methods/attribution";
import type { MetricName, MetricOptions } from "./metrics";
import type { Measured } from "./metrics/metric";

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
export interface Explainer extends Attributor {
  /** Of one image, without the batch; undefined where an extent is free. */
  readonly inputShape: readonly (number | undefined)[];
  /** The layers on the way from the image to the scores, in their order, as `layer` takes them. */
  readonly layers: readonly LayerShape[];
  /** The layer that class activation maps choose; undefined where there is none. */
  readonly mapLayer: string | undefined;
  /** How many classes there are. */
  readonly classes: number;
  /**
   * How good a map or a method is, beside the same figures of a random map.
   *
   * @example await explainer.measure(image, { metric: "road", heat: map })
   */
  measure<Name extends MetricName>(
    images: Tensor,
    options: MeasureOptions<Name>,
  ): Promise<Measurement>;
  /**
   * Adversarial images. `target`: the true class, or the wanted one where `targeted`. Of a network with one score, an
   * attack lowers the score, or raises it where `targeted`, and has to be told `target: 0`.
   */
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
}
