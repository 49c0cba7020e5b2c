// Saliency (Simonyan et al. 2013, arXiv:1312.6034): g(x) = df/dx, how the score moves with each pixel.
// Captum's default is its absolute value, tf-keras-vis takes the largest of a pixel's channels as well; here it
// is signed, and `absolute` an option.
import { defineMethod } from "./method";
import { imageGradients, mapped } from "./shared/evaluate";

export interface SaliencyOptions {
  /** Whether the absolute value is taken. Default false. */
  readonly absolute?: boolean;
}

export const saliency = defineMethod({
  name: "saliency",
  title: "Saliency",
  gives: "image",
  plain: true,
  options: ["absolute"],
  async attribute(call, { absolute = false }: SaliencyOptions) {
    const gradient = await imageGradients(call);
    return { map: absolute ? mapped(gradient, (i) => Math.abs(gradient.data[i]!)) : gradient };
  },
  graph: {
    map({ g, fed, gradients }, { absolute = false }) {
      const [gradient] = gradients([fed]);
      return absolute ? g.abs(gradient!) : gradient!;
    },
  },
});
