// SmoothGrad (Smilkov et al. 2017, arXiv:1706.03825): the mean of e(x + σ zᵢ) over noise z, e an attribution. σ is
// relative to the range of the image's values, as in the paper; Captum takes it as given. Means are of signed
// maps; tf-keras-vis averages absolute values.
import { defineMethod } from "./method";
import { smoothed, smoothedIn, smoothOptions, type SmoothOptions } from "./smoothed";

export const smoothGrad = defineMethod({
  name: "smoothgrad",
  title: "SmoothGrad",
  gives: "image",
  plain: true,
  options: [...smoothOptions],
  attribute: (call, options: SmoothOptions) => smoothed(call, options, (mean) => mean),
  graph: smoothedIn((_, mean) => mean),
});
