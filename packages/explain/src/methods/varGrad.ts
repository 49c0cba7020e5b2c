// VarGrad (Adebayo et al. 2018, arXiv:1810.03307): the variance, divided by n, of what SmoothGrad averages.
import { defineMethod } from "./method";
import { smoothed, smoothedIn, smoothOptions, type SmoothOptions } from "./smoothed";

export const varGrad = defineMethod({
  name: "vargrad",
  title: "VarGrad",
  gives: "image",
  plain: true,
  options: [...smoothOptions],
  attribute: (call, options: SmoothOptions) =>
    smoothed(call, options, (mean, square) => Math.max(0, square - mean * mean)),
  graph: smoothedIn((g, mean, square) => g.sub(square(), g.mul(mean, mean))),
});
