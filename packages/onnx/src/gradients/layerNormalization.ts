import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient, type GradientContext } from "./gradient";
import { rankOf, sumTo } from "./shared/sumTo";

export const layerNormalization = defineGradient({
  op: "LayerNormalization",
  inputs: 2,
  outputs: 0,
  // x̂ = (x − μ) r over the last axes, y = x̂ γ + β (Ba et al. 2016, arXiv:1607.06450);
  // dx = r (dx̂ − mean dx̂ − x̂ · mean(dx̂ · x̂)), dx̂ = dy · γ.
  // Of n elements: what arrives at μ adds dμ / n, what arrives at r adds −x̂ r² dr / n.
  gradient: ([dyIfAny, dMean, dDeviation], context, g) => {
    const [x, scale, bias] = context.inputs as readonly [Value, Value, Value | undefined];
    const dy = dyIfAny ?? g.expand(g.scalar(x.dtype, 0), g.shape(x));
    const rank = rankOf(x);
    const axis = (context.int("axis", -1) + rank) % rank;
    const axes = Array.from({ length: rank - axis }, (_, i) => axis + i);
    const average = (value: Value) => g.reduceMean(value, { axes, keepdims: true });
    const [mean, r] = statistics(g, x, average, context);
    const normal = g.mul(g.sub(x, mean), r);
    const dNormal = g.mul(dy, scale);
    const dx = () => {
      const along = g.mul(normal, average(g.mul(dNormal, normal)));
      const dxFromY = g.mul(r, g.sub(g.sub(dNormal, average(dNormal)), along));
      if (!dMean && !dDeviation) return dxFromY;
      const castToX = (value: Value | undefined) => (value ? g.cast(value, x.dtype) : 0);
      const fromStatistics = g.sub(
        castToX(dMean),
        g.mul(g.mul(normal, g.mul(r, r)), castToX(dDeviation)),
      );
      // The average of n equal numbers over n: each divided by n, without asking how many there are.
      const count = g.reduceSum(g.expand(g.scalar(x.dtype, 1), g.shape(x)), { axes });
      return g.add(dxFromY, g.div(fromStatistics, count));
    };
    return [
      context.wants(0) ? dx() : undefined,
      context.wants(1) ? sumTo(g, g.mul(dy, normal), scale) : undefined,
      bias && context.wants(2) ? sumTo(g, dy, bias) : undefined,
    ];
  },
  samples: [
    { inputs: [[2, 3, 4], [4], [4]] },
    {
      inputs: [
        [2, 3, 4],
        [3, 4],
      ],
      attributes: { axis: 1, epsilon: 0.01 },
    },
    { inputs: [[5, 6], [6], [6]], attributes: { axis: -1 } },
    { inputs: [[2, 3, 4], [4], [4]], outputs: 3 },
  ].map((sample) => ({ ...sample, float32: true as const })),
});

/** μ and r: the operator's own, which are float32, or computed in the type of x. */
function statistics(
  g: GraphBuilder,
  x: Value,
  average: (value: Value) => Value,
  context: GradientContext,
): readonly [Value, Value] {
  if (x.dtype !== "float64")
    return [g.cast(context.output(1), x.dtype), g.cast(context.output(2), x.dtype)];
  const mean = average(x);
  const centred = g.sub(x, mean);
  const variance = average(g.mul(centred, centred));
  return [mean, g.reciprocal(g.sqrt(g.add(variance, context.float("epsilon", 1e-5))))];
}
