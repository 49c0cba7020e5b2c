// Sensitivity-max (Yeh et al. 2019, arXiv:1901.09392): the largest of ‖e(x + σ zᵢ) − e(x)‖/‖e(x)‖ over noise, of a
// method e. Low is steady; a map that is drawn anew each time has about √2. Of a map of zeros the change itself is told,
// as Captum does.
import { CajalError, type Tensor } from "@cajal/core";
import type { AttributeOptions } from "../methods/attribution";
import { noiseOf, type NoiseOptions } from "../methods/shared/noise";
import { inside, outside } from "../network/images";
import { emptyRows, rowOf } from "../network/rows";
import { defineMetric } from "./metric";
import { norm, randomLike } from "./randomLike";

export interface SensitivityMaxOptions extends NoiseOptions {
  /** The method with its options, as for `attribute`. */
  readonly of: AttributeOptions;
}

export const sensitivityMax = defineMetric({
  name: "sensitivity-max",
  title: "Sensitivity-max",
  judges: { figure: "score", better: "lower" },
  options: ["of", "samples", "stdev", "seed", "noise"],
  async measure(call, { of, ...noise }: SensitivityMaxOptions) {
    const { images, explainer, targets, format, control } = call;
    if (typeof of !== "object" || of === null)
      throw new CajalError(
        "bad-argument",
        "measure (sensitivity-max): expected `of`, a method with its options.",
      );
    const count = images.shape[0]!;
    const explain = async (x: Tensor<"float32">) => {
      const attributeOptions = {
        target: targets,
        ...of,
        signal: control.signal,
      } as AttributeOptions;
      return inside((await explainer.attribute(outside(x, format), attributeOptions)).map, format);
    };
    const { samples, write } = noiseOf(call, noise);
    const map = await explain(images);
    const away = (other: Tensor<"float32">, i: number, from = map) => {
      const e = rowOf(from, i);
      return norm(rowOf(other, i).map((value, at) => value - e[at]!)) / (norm(e) || 1);
    };
    const score = Array.from({ length: count }, () => 0);
    const randomScore = Array.from({ length: count }, () => 0);
    const drawn = randomLike(map, noise.seed);
    for (let k = 0; k < samples; k++) {
      const noisy = emptyRows(count, images.shape.slice(1));
      for (let i = 0; i < count; i++) write(i, k, rowOf(noisy, i));
      const other = await explain(noisy);
      const again = randomLike(map, noise.seed, k + 1);
      for (let i = 0; i < count; i++) {
        score[i] = Math.max(score[i]!, away(other, i));
        randomScore[i] = Math.max(randomScore[i]!, away(again, i, drawn));
      }
      control.onProgress?.({ done: k + 1, total: samples });
    }
    return { figures: { score }, random: { score: randomScore } };
  },
});
