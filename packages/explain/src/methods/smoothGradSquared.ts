// SmoothGrad² (Hooker et al. 2018, arXiv:1806.10758): the mean of squares of what SmoothGrad averages.
import { defineMethod } from "./method";
import { smoothed, smoothedIn, smoothOptions, type SmoothOptions } from "./smoothed";

export const smoothGradSquared = defineMethod({
  name: "smoothgrad-squared",
  title: "SmoothGrad²",
  gives: "image",
  plain: true,
  options: [...smoothOptions],
  attribute: (call, options: SmoothOptions) => smoothed(call, options, (_, square) => square),
  graph: smoothedIn((_, __, square) => square()),
});
