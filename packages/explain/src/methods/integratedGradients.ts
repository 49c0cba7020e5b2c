// Integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365), along the straight line from a baseline b:
//   (x − b) Σᵢ wᵢ g(b + aᵢ (x − b)),   delta = Σ attributions − (f(x) − f(b)).
// Fifty points of Gauss–Legendre are the default, as in Captum; delta says whether they suffice. With many kinks on
// the way they do not (of MobileNet 2 to 4 % are missing): `tolerance` takes more of them until little is missing.
import { CajalError, checkNumber, tensor, type Tensor } from "@cajal/core";
import { weightedMean } from "./graphMethod";
import { oneOf, rowsOf } from "../network/rows";
import { partOf, type Call } from "./call";
import { defineMethod } from "./method";
import { baselineOf, type Baseline } from "./baseline";
import { baselineScores } from "./shared/baselineScores";
import { scoresOf, total } from "./shared/evaluate";
import { meanGradients } from "./shared/meanGradients";
import { quadrature, type Quadrature, type QuadratureRule } from "./shared/quadrature";

export interface IntegratedGradientsOptions {
  /** Default 0. */
  readonly baseline?: Baseline;
  /** Points of the integral. Default 50. */
  readonly steps?: number;
  /** Default "gausslegendre". */
  readonly rule?: QuadratureRule;
  /**
   * By how much the sum of attributions may miss f(x) − f(b), as a share of it, such as 0.01: points are doubled
   * until it holds, or there are 64 times as many as `steps`. Default: `steps` points, whatever is missing.
   */
  readonly tolerance?: number;
  /** Whether the mean gradient is multiplied by x − b. Default true. */
  readonly multiplyByInputs?: boolean;
}

export const integratedGradients = defineMethod({
  name: "integrated-gradients",
  title: "Integrated gradients",
  gives: "image",
  plain: true,
  options: ["baseline", "steps", "rule", "tolerance", "multiplyByInputs"],
  async attribute(call, options: IntegratedGradientsOptions) {
    const { baseline = 0, steps = 50, rule = "gausslegendre", tolerance } = options;
    const { multiplyByInputs = true } = options;
    const { images } = call;
    const points = quadrature(rule, steps);
    const from = baselineOf(call, baseline);
    if (tolerance !== undefined) {
      checkNumber("attribute", "tolerance", tolerance, { least: 0 });
      if (!multiplyByInputs)
        throw new CajalError(
          "bad-argument",
          "attribute (integrated-gradients): mean gradients add up to nothing that `tolerance` could hold against; leave out one of `tolerance` and `multiplyByInputs: false`.",
        );
    }
    const maps = await integrals(call, from, points, multiplyByInputs);
    const [at, before] = [
      await scoresOf(call, rowsOf(images)),
      await baselineScores(call, baseline, from),
    ];
    const difference = at.map((score, i) => score - before[i]!);
    const delta = Array.from(difference, (expected, i) => total(maps.of(i)) - expected);
    const stepsOf = delta.map(() => steps);
    if (tolerance !== undefined)
      for (const [i, expected] of difference.entries()) {
        const [one, start] = [partOf(call, i, i + 1), oneOf(from, i)];
        while (
          Math.abs(delta[i]!) > tolerance * Math.abs(expected) &&
          stepsOf[i]! < mostTimes * steps
        ) {
          const more = await integrals(one, start, quadrature(rule, (stepsOf[i]! *= 2)), true);
          maps.of(i).set(more.of(0));
          delta[i] = total(more.of(0)) - expected;
        }
      }
    const { alphas, weights } = points;
    return {
      map: maps.tensor(),
      delta,
      steps: stepsOf,
      ...(tolerance === undefined && { alphas, quadrature: weights }),
    };
  },
  graph: {
    points(g, x, baseline, options) {
      const { steps = 50, rule = "gausslegendre", baseline: from = 0, tolerance } = options;
      if (tolerance !== undefined)
        throw new CajalError(
          "unsupported",
          "attributionGraph: a graph takes the same number of points for every image; say `steps` in place of `tolerance`.",
        );
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

/** How many times as many points as were asked for, at most. */
const mostTimes = 64;

/** Of each image, the mean gradient along its path, times x − b where `multiplied`. */
async function integrals(
  call: Call,
  from: Tensor<"float32">,
  points: Quadrature,
  multiplied: boolean,
) {
  const mean = await meanGradients(call, from, points);
  if (multiplied)
    mean.data.forEach((g, i) => (mean.data[i] = g * (call.images.data[i]! - from.data[i]!)));
  return mean;
}
