// Integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365), along the straight line from a baseline b:
//   (x − b) Σᵢ wᵢ g(b + aᵢ (x − b)),   delta = Σ attributions − (f(x) − f(b)).
// Fifty points of Gauss–Legendre are the default, as in Captum; delta says whether they suffice.
import { tensor } from "@cajal/core";
import { weightedMean } from "./graphMethod";
import { rowOf, rowsOf } from "../network/rows";
import { defineMethod, type Call } from "./method";
import { baselineOf, type Baseline } from "./shared/baseline";
import { gradientsOf, rowsOfEach, scoresOf, sums, total } from "./shared/evaluate";
import { quadrature, type QuadratureRule } from "./shared/quadrature";

export interface IntegratedGradientsOptions {
  /** Default 0. */
  readonly baseline?: Baseline;
  /** Points of the integral. Default 50. */
  readonly steps?: number;
  /** Default "gausslegendre". */
  readonly rule?: QuadratureRule;
  /** Whether the mean gradient is multiplied by x − b. Default true. */
  readonly multiplyByInputs?: boolean;
}

export const integratedGradients = defineMethod({
  name: "integrated-gradients",
  title: "Integrated gradients",
  gives: "image",
  plain: true,
  options: ["baseline", "steps", "rule", "multiplyByInputs"],
  async attribute(
    call,
    {
      baseline = 0,
      steps = 50,
      rule = "gausslegendre",
      multiplyByInputs = true,
    }: IntegratedGradientsOptions,
  ) {
    const { images, network } = call;
    const { alphas, weights } = quadrature(rule, steps);
    const from = baselineOf(call, baseline);
    const mean = sums(images.shape[0]!, images.shape.slice(1));
    await gradientsOf(call, alongPath(call, from.data, alphas), {
      use: (row, { gradients }) =>
        mean.add(
          Math.floor(row / alphas.length),
          gradients[network.graph.image]!.data,
          weights[row % alphas.length],
        ),
    });
    if (multiplyByInputs)
      mean.data.forEach((g, i) => (mean.data[i] = g * (images.data[i]! - from.data[i]!)));
    const [at, before] = [await scoresOf(call, rowsOf(images)), await scoresOf(call, rowsOf(from))];
    const delta = Array.from(at, (score, i) => total(mean.of(i)) - (score - before[i]!));
    return { map: mean.tensor(), delta, alphas, quadrature: weights };
  },
  graph: {
    points(g, x, baseline, { steps = 50, rule = "gausslegendre", baseline: from = 0 }) {
      const { alphas } = quadrature(rule, steps);
      const shape = x.shape as number[];
      const a = g.constant(tensor("float32", [steps, ...shape.map(() => 1)], alphas));
      const b = baseline(from);
      const points = g.add(b, g.mul(a, g.sub(x, b)));
      return g.reshape(points, [steps * shape[0]!, ...shape.slice(1)]);
    },
    map({ g, x, fed, baseline, gradients }, options) {
      const { steps = 50, rule = "gausslegendre", baseline: from = 0 } = options;
      const mean = weightedMean(g, gradients([fed])[0]!, quadrature(rule, steps).weights, x);
      return options.multiplyByInputs === false ? mean : g.mul(mean, g.sub(x, baseline(from)));
    },
  },
});

/** The points of each image's path: b + a (x − b). */
export const alongPath = (call: Call, from: Float32Array, alphas: readonly number[]) =>
  rowsOfEach(call, alphas.length, (image, k, to) => {
    const x = rowOf(call.images, image);
    const a = alphas[k]!;
    const at = image * x.length;
    for (let i = 0; i < x.length; i++) to[i] = from[at + i]! + a * (x[i]! - from[at + i]!);
  });
