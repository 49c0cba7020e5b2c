// XGrad-CAM (Fu et al. 2020, arXiv:2008.02312): wₖ = Σ(Gₖ Aₖ)/(ΣAₖ + 10⁻⁷).
import { channelWeights, defineCam, overChannels, overPixels, weightedSum } from "./shared/cam";
import { total } from "./shared/evaluate";

export const xgradCam = defineCam({
  name: "xgrad-cam",
  title: "XGrad-CAM",
  of: (maps) =>
    weightedSum(
      maps,
      channelWeights(maps, (a, g) => total(g.map((each, i) => each * a[i]!)) / (total(a) + 1e-7)),
    ),
  inGraph: (g, a, gradient) => {
    const weights = g.div(overPixels(g, g.mul(gradient, a)), g.add(overPixels(g, a), 1e-7));
    return overChannels(g, g.mul(weights, a));
  },
});
