// Grad-CAM (Selvaraju et al. 2016, arXiv:1610.02391): wₖ = the mean of Gₖ.
import { channelWeights, defineCam, overChannels, weightedSum } from "./shared/cam";
import { total } from "./shared/evaluate";

export const gradCam = defineCam({
  name: "grad-cam",
  title: "Grad-CAM",
  of: (maps) =>
    weightedSum(
      maps,
      channelWeights(maps, (_, g) => total(g) / g.length),
    ),
  inGraph: (g, a, gradient) =>
    overChannels(g, g.mul(g.reduceMean(gradient, { axes: [2, 3], keepdims: true }), a)),
});
