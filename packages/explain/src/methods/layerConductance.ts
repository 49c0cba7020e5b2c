// Layer conductance (Dhamdhere et al. 2018, arXiv:1805.12233), as Captum computes it: with the n + 1 points xᵢ of a
// rule along the image's path, Σ_{i<n} G(xᵢ) (A(xᵢ₊₁) − A(xᵢ)).
import { checkInteger } from "@cajal/core";
import { rowsOf } from "../network/rows";
import { alongPath } from "./shared/meanGradients";
import { defineMethod } from "./method";
import { baselineOf } from "./baseline";
import { baselineScores } from "./shared/baselineScores";
import { neededLayer, scoresOf, sums, total } from "./shared/evaluate";
import { eachLayerGradient } from "./shared/layers";
import { pathOptions, type PathOptions } from "./shared/pathOptions";
import { quadrature } from "./shared/quadrature";

export const layerConductance = defineMethod({
  name: "layer-conductance",
  title: "Layer conductance",
  gives: "layer",
  plain: true,
  needsLayer: true,
  options: [...pathOptions],
  async attribute(call, { baseline = 0, steps = 50, rule = "gausslegendre" }: PathOptions) {
    const { name, value } = neededLayer(call, "layer-conductance");
    const { images } = call;
    checkInteger("attribute", "steps", steps, { least: 1, most: 99_999 });
    const { alphas } = quadrature(rule, steps + 1);
    const from = baselineOf(call, baseline);
    let map: ReturnType<typeof sums> | undefined;
    let before: { readonly a: Float32Array; readonly g: Float32Array } | undefined;
    await eachLayerGradient(call, alongPath(call, from.data, alphas), value, (row, a, g, shape) => {
      map ??= sums(images.shape[0]!, shape);
      if (row % alphas.length > 0) {
        const last = before!;
        map.add(
          Math.floor(row / alphas.length),
          last.g.map((each, i) => each * (a[i]! - last.a[i]!)),
        );
      }
      before = { a: a.slice(), g: g.slice() };
    });
    const [at, at0] = [
      await scoresOf(call, rowsOf(images)),
      await baselineScores(call, baseline, from),
    ];
    const delta = Array.from(at, (score, i) => total(map!.of(i)) - (score - at0[i]!));
    return { map: map!.tensor(), layer: name, delta };
  },
});
