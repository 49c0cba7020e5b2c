// Internal influence (Leino et al. 2018, arXiv:1802.03788): Σᵢ wᵢ G at b + aᵢ (x − b), the mean gradient by a layer
// along the image's path.
import { alongPath } from "./shared/meanGradients";
import { defineMethod } from "./method";
import { baselineOf } from "./baseline";
import { neededLayer, sums } from "./shared/evaluate";
import { eachLayerGradient } from "./shared/layers";
import { pathOptions, type PathOptions } from "./shared/pathOptions";
import { quadrature } from "./shared/quadrature";

export const internalInfluence = defineMethod({
  name: "internal-influence",
  title: "Internal influence",
  gives: "layer",
  plain: true,
  needsLayer: true,
  options: [...pathOptions],
  async attribute(call, { baseline = 0, steps = 50, rule = "gausslegendre" }: PathOptions) {
    const { name, value } = neededLayer(call, "internal-influence");
    const { alphas, weights } = quadrature(rule, steps);
    const path = alongPath(call, baselineOf(call, baseline).data, alphas);
    let map: ReturnType<typeof sums> | undefined;
    await eachLayerGradient(call, path, value, (row, _, g, shape) => {
      map ??= sums(call.images.shape[0]!, shape);
      map.add(Math.floor(row / steps), g, weights[row % steps]);
    });
    return { map: map!.tensor(), layer: name };
  },
});
