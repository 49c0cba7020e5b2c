// DeepLIFT SHAP (Lundberg & Lee 2017, arXiv:1705.07874): the mean of DeepLIFT over several baselines. `delta`: of
// each baseline, image after image.
import type { Tensor } from "@cajal/core";
import type { DeepLiftRules } from "../rules/deepLift";
import { rowOf } from "../network/rows";
import { against } from "./deepLift";
import { defineMethod } from "./method";
import { baselinesOf, type Baseline } from "./baseline";
import { sums } from "./shared/evaluate";

export interface DeepLiftShapOptions {
  /** Default: 0 alone. */
  readonly baselines?: readonly Baseline[] | Tensor;
  /** Through max pooling. Default "rescale". */
  readonly maxima?: DeepLiftRules["maxima"];
}

export const deepLiftShap = defineMethod({
  name: "deep-lift-shap",
  title: "DeepLIFT SHAP",
  gives: "image",
  plain: false,
  options: ["baselines", "maxima"],
  async attribute(call, { baselines = [0], maxima = "rescale" }: DeepLiftShapOptions) {
    const [count, ...shape] = call.images.shape as [number, ...number[]];
    const mean = sums(count, shape);
    const references = baselinesOf(call, baselines);
    const deltas: (readonly number[])[] = [];
    for (const from of references) {
      const { map, delta } = await against(call, from, { maxima });
      for (let i = 0; i < count; i++) mean.add(i, rowOf(map, i), 1 / references.length);
      deltas.push(delta);
    }
    const delta = Array.from({ length: count }, (_, i) => deltas.map((each) => each[i]!)).flat();
    return { map: mean.tensor(), delta };
  },
});
