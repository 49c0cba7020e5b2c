// Input × gradient (Shrikumar et al. 2016, arXiv:1605.01713): x g(x).
import { defineMethod } from "./method";
import { imageGradients, mapped } from "./shared/evaluate";

export const inputXGradient = defineMethod({
  name: "input-x-gradient",
  title: "Input × gradient",
  gives: "image",
  plain: true,
  options: [],
  async attribute(call) {
    const gradient = await imageGradients(call);
    return { map: mapped(gradient, (i) => call.images.data[i]! * gradient.data[i]!) };
  },
  graph: { map: ({ g, x, fed, gradients }) => g.mul(x, gradients([fed])[0]!) },
});
