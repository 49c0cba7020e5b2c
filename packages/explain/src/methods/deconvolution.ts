// Deconvolution (Zeiler & Fergus 2013, arXiv:1311.2901): as the gradient, but through every ReLU goes max(dy, 0),
// whether the unit was active or not.
import { deconvolved } from "../rules/guided";
import { defineMethod } from "./method";
import { imageGradients } from "./shared/evaluate";

export const deconvolution = defineMethod({
  name: "deconvolution",
  title: "Deconvolution",
  gives: "image",
  plain: false,
  options: [],
  attribute: async (call) => ({ map: await imageGradients(call, deconvolved) }),
  graph: { map: ({ fed, gradients }) => gradients([fed], deconvolved)[0]! },
});
