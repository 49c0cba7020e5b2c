// Grad-CAM++ (Chattopadhay et al. 2017, arXiv:1710.11063) for the score exp(f): wₖ = Σ over pixels of α max(G, 0),
// α = 1/(2 + ΣAₖ G), 0 where G = 0. pytorch-grad-cam adds an epsilon, α = G²/(2 G² + ΣAₖ G³ + ε), which gradients
// of size 10⁻³ notice: `epsilon: 1e-6` is that. torchcam multiplies A by G³ before it sums; the paper does not.
import { checkNumber } from "@cajal/core";
import { channelWeights, defineCam, overChannels, overPixels, weightedSum } from "./shared/cam";
import { total } from "./shared/evaluate";

export interface GradCamPlusPlusOptions {
  /** Default 0, the paper's formula. */
  readonly epsilon?: number;
}

export const gradCamPlusPlus = defineCam({
  name: "grad-cam-plus-plus",
  title: "Grad-CAM++",
  options: ["epsilon"],
  of(maps, { epsilon = 0 }: GradCamPlusPlusOptions) {
    checkNumber("attribute (grad-cam-plus-plus)", "epsilon", epsilon, { least: 0 });
    const weights = channelWeights(maps, (a, g) => {
      const all = total(a);
      return total(
        g.map((each) => {
          if (each <= 0) return 0;
          // Of both forms the one that neither under- nor overflows.
          const alpha =
            epsilon === 0
              ? 1 / (2 + all * each)
              : each ** 2 / (2 * each ** 2 + all * each ** 3 + epsilon);
          return alpha * each;
        }),
      );
    });
    return weightedSum(maps, weights);
  },
  inGraph(g, a, gradient, { epsilon = 0 }) {
    const positive = g.greater(gradient, 0);
    const all = overPixels(g, a);
    const square = g.mul(gradient, gradient);
    const alpha =
      epsilon === 0
        ? g.div(1, g.add(2, g.mul(all, gradient)))
        : g.div(
            square,
            g.add(g.add(g.mul(square, 2), g.mul(all, g.mul(square, gradient))), epsilon),
          );
    const weights = overPixels(g, g.where(positive, g.mul(alpha, gradient), 0));
    return overChannels(g, g.mul(weights, a));
  },
});
