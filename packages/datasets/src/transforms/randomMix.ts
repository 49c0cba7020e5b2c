// mixup and CutMix of whole batches, λ drawn for each from a Beta distribution.
import {
  checkInteger,
  checkNumber,
  checkOptions,
  random,
  type Batch,
  type Random,
} from "@cajal/core";
import { checkValues } from "../checkValues";
import { checkLabels } from "./changeImages";
import type { BatchContext } from "../dataset";
import { cutmix, cutmixBox, mixup } from "../images/augment/mix";

export interface RandomMixOptions {
  /** What is drawn follows from it, the epoch and the number of the batch. */
  readonly seed: number;
  /** Both parameters of the Beta distribution that λ is drawn from; default 1: λ is uniform. */
  readonly alpha?: number;
}

/**
 * Blends each example with the one before it in its batch, x and y (Zhang et al. 2017). y are to be shares of classes,
 * see oneHot.
 *
 * @param options.seed λ is that of `random(seed, "mixup", epoch, index of the batch)`
 */
export function randomMixup(options: RandomMixOptions) {
  const draw = drawing("mixup", options);
  return (batch: Batch, context: Pick<BatchContext, "epoch" | "index">) =>
    mixup(batch, draw(context).lambda);
}

/**
 * Puts a rectangle of the example before into each of a batch, and mixes y by its area (Yun et al. 2019). y are to be
 * shares of classes, see oneHot.
 *
 * @param options.seed λ and place are those of `random(seed, "cutmix", epoch, index of the batch)`
 */
export function randomCutmix(options: RandomMixOptions) {
  const draw = drawing("cutmix", options);
  return (batch: Batch, context: Pick<BatchContext, "epoch" | "index">) => {
    checkValues("cutmix", "x", batch.x);
    const { lambda, numbers } = draw(context);
    const [, height = 1, width = 1] = batch.x.shape;
    checkLabels("cutmix", batch.y, [height, width]);
    const center = { x: numbers.integer(width), y: numbers.integer(height) };
    return cutmix(batch, cutmixBox(lambda, center, { width, height }));
  };
}

function drawing(stream: string, options: RandomMixOptions) {
  checkOptions(stream, options, ["seed", "alpha"]);
  const { seed, alpha = 1 } = options;
  checkInteger(stream, "seed", seed);
  checkNumber(stream, "alpha", alpha, { least: 1e-3, most: 1e3 });
  return ({ epoch, index }: Pick<BatchContext, "epoch" | "index">) => {
    const numbers = random(seed, stream, epoch, index);
    const [a, b] = [gamma(alpha, numbers), gamma(alpha, numbers)];
    return { lambda: a + b > 0 ? a / (a + b) : 0.5, numbers };
  };
}

/** Marsaglia and Tsang 2000; below shape 1 by that of shape + 1. */
function gamma(shape: number, numbers: Random): number {
  if (shape < 1) return gamma(shape + 1, numbers) * (1 - numbers.float()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = numbers.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - numbers.float()) < 0.5 * x * x + d - d * v + d * Math.log(v))
      return d * v;
  }
}
