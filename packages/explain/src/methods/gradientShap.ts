// Expected gradients, or GradientSHAP (Lundberg & Lee 2017, arXiv:1705.07874): the mean over draws of
// (xᵢ − bᵢ) g(aᵢ xᵢ + (1 − aᵢ) bᵢ), xᵢ = x + σ zᵢ, bᵢ one of the baselines, aᵢ uniform in [0, 1]. `delta`: of each
// draw, image after image.
import { CajalError, checkNumber, random, type Tensor } from "@cajal/core";
import { rowOf } from "../network/rows";
import { defineMethod } from "./method";
import { baselinesOf, type Baseline } from "./baseline";
import { gradientsOf, rowsOfEach, scoresOf, sums } from "./shared/evaluate";
import { noiseOf, type NoiseOptions } from "./shared/noise";

export interface GradientShapOptions extends NoiseOptions {
  /** Default: 0 alone. */
  readonly baselines?: readonly Baseline[] | Tensor;
  /** Which baseline each draw takes, in place of drawn ones. */
  readonly baselineOfSample?: readonly number[];
  /** Where between baseline and image each draw lies, in place of drawn ones. */
  readonly alphaOfSample?: readonly number[];
}

export const gradientShap = defineMethod({
  name: "gradient-shap",
  title: "GradientSHAP",
  gives: "image",
  plain: true,
  options: ["baselines", "baselineOfSample", "alphaOfSample", "samples", "stdev", "seed", "noise"],
  async attribute(
    call,
    { baselines = [0], baselineOfSample, alphaOfSample, stdev = 0, ...rest }: GradientShapOptions,
  ) {
    const { images, network } = call;
    const references = baselinesOf(call, baselines);
    const { samples, write } = noiseOf(call, { stdev, ...rest });
    const numbers = random(rest.seed ?? 0, "draws");
    const drawn = Array.from({ length: samples }, () => [
      numbers.integer(references.length),
      numbers.float(),
    ]);
    for (const [name, list] of Object.entries({ baselineOfSample, alphaOfSample }))
      if (list && list.length !== samples)
        throw new CajalError(
          "bad-argument",
          `attribute (gradient-shap): got ${list.length} numbers as ${name}, expected one for each of ${samples} samples. Say how many: { samples: ${list.length} }.`,
          { [name]: list, samples },
        );
    for (const a of alphaOfSample ?? []) checkNumber("attribute (gradient-shap)", "alphaOfSample", a); // prettier-ignore
    const which = (k: number) => baselineOfSample?.[k] ?? drawn[k]![0]!;
    const alpha = (k: number) => alphaOfSample?.[k] ?? drawn[k]![1]!;
    for (let k = 0; k < samples; k++)
      if (!references[which(k)])
        throw new CajalError(
          "bad-argument",
          `attribute: draw ${k} takes baseline ${which(k)}, and there are ${references.length}.`,
        );
    const noisy = rowsOfEach(call, samples, write);
    const from = rowsOfEach(call, samples, (i, k, to) => to.set(rowOf(references[which(k)]!, i)));
    const [count, ...shape] = images.shape as [number, ...number[]];
    const mean = sums(count, shape);
    const [x, b] = [new Float32Array(mean.size), new Float32Array(mean.size)];
    const points = rowsOfEach(call, samples, (image, k, to) => {
      noisy.write(image * samples + k, x);
      from.write(image * samples + k, b);
      const a = alpha(k);
      for (let i = 0; i < to.length; i++) to[i] = a * x[i]! + (1 - a) * b[i]!;
    });
    const indices: number[] = [];
    await gradientsOf(call, points, {
      use: (row, { gradients }) => {
        noisy.write(row, x);
        from.write(row, b);
        const one = Float64Array.from(
          gradients[network.graph.image]!.data,
          (g, i) => g * (x[i]! - b[i]!),
        );
        mean.add(Math.floor(row / samples), one, 1 / samples);
        indices.push(one.reduce((sum, each) => sum + each, 0));
      },
    });
    const [at, before] = [await scoresOf(call, noisy), await scoresOf(call, from)];
    return { map: mean.tensor(), delta: indices.map((sum, i) => sum - (at[i]! - before[i]!)) };
  },
});
