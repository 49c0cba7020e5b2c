// Rules by which an integral over [0, 1] becomes a sum.
import { checkInteger, unknownName } from "@cajal/core";

/**
 * - `gausslegendre`: exact for polynomials of degree 2n − 1.
 * - `riemann_left`, `riemann_right`, `riemann_middle`: n equal steps.
 * - `trapezoid`: both ends count half, weights 1/(n − 1).
 * - `riemann_trapezoid`: the same points as Captum 0.8 weighs them; its weights add up to (n − 1)/n, so that all
 *   attributions come out too small by that. For comparisons alone.
 */
export type QuadratureRule =
  | "gausslegendre"
  | "riemann_left"
  | "riemann_right"
  | "riemann_middle"
  | "trapezoid"
  | "riemann_trapezoid";

export interface Quadrature {
  readonly alphas: readonly number[];
  readonly weights: readonly number[];
}

const equal = (n: number, from: number): Quadrature => ({
  alphas: Array.from({ length: n }, (_, i) => (i + from) / n),
  weights: Array.from({ length: n }, () => 1 / n),
});

const trapezoid = (n: number, share: number): Quadrature => ({
  alphas: Array.from({ length: n }, (_, i) => (n === 1 ? 0 : i / (n - 1))),
  weights: Array.from({ length: n }, (_, i) => (i === 0 || i === n - 1 ? share / 2 : share)),
});

const rules: Readonly<Record<QuadratureRule, (n: number) => Quadrature>> = {
  gausslegendre: gaussLegendre,
  riemann_left: (n) => equal(n, 0),
  riemann_right: (n) => equal(n, 1),
  riemann_middle: (n) => equal(n, 0.5),
  trapezoid: (n) => trapezoid(n, 1 / Math.max(1, n - 1)),
  riemann_trapezoid: (n) => trapezoid(n, 1 / n),
};

/** @throws CajalError `unknown-name`, `bad-argument` */
export function quadrature(rule: QuadratureRule, steps: number): Quadrature {
  if (!Object.hasOwn(rules, rule))
    throw unknownName("rule of integration", rule, Object.keys(rules));
  checkInteger("attribute", "steps", steps, {
    least: rule.endsWith("trapezoid") ? 2 : 1,
    most: 100_000,
  });
  return rules[rule](steps);
}

/** Zeros of Legendre's polynomial by Newton's method from Chebyshev's, and their weights, moved to [0, 1]. */
function gaussLegendre(n: number): Quadrature {
  const points = Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let round = 0; round < 100; round++) {
      let [before, value] = [0, 1];
      for (let k = 0; k < n; k++)
        [before, value] = [value, ((2 * k + 1) * x * value - k * before) / (k + 1)];
      slope = (n * (x * value - before)) / (x * x - 1);
      const step = value / slope;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    return { alpha: (1 - x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
  return { alphas: points.map(({ alpha }) => alpha), weights: points.map(({ weight }) => weight) };
}
