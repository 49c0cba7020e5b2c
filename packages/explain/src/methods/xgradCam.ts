// XGrad-CAM (Fu et al. 2020, arXiv:2008.02312): wₖ = Σ(Gₖ Aₖ)/(ΣAₖ + 10⁻⁷).
import { channelWeights, defineCam, weightedSum } from "./shared/cam";
import { total } from "./shared/evaluate";

export const xgradCam = defineCam({
  name: "xgrad-cam",
  title: "XGrad-CAM",
  of: (maps) =>
    weightedSum(
      maps,
      channelWeights(maps, (a, g) => total(g.map((each, i) => each * a[i]!)) / (total(a) + 1e-7)),
    ),
});
