// Guided backpropagation (Springenberg et al. 2014, arXiv:1412.6806): the gradient, with max(dy, 0) going back
// through every ReLU. It shows edges that the network reacts to, and hardly depends on the class or the weights.
import { guided } from "../rules/guided";
import { defineMethod } from "./method";
import { imageGradients } from "./shared/evaluate";

export const guidedBackprop = defineMethod({
  name: "guided-backprop",
  title: "Guided backpropagation",
  gives: "image",
  plain: false,
  options: [],
  attribute: async (call) => ({ map: await imageGradients(call, guided) }),
  graph: { map: ({ fed, gradients }) => gradients([fed], guided)[0]! },
});
