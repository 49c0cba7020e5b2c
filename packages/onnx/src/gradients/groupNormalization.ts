import { defineGradient } from "./gradient";
import { staticShape } from "./shared/sumTo";

export const groupNormalization = defineGradient({
  op: "GroupNormalization",
  inputs: 3,
  // x̂ = (x − μ) r over the channels and positions of a group (Wu & He 2018, arXiv:1803.08494), y = x̂ γ + β;
  // dx = r (dx̂ − mean dx̂ − x̂ · mean(dx̂ · x̂)), dx̂ = dy · γ. γ and β are a number a group in opset 18,
  // a number a channel from 21 on.
  gradient: ([dy], { inputs: [x, scale], int, float, wants }, g) => {
    const [batch, channels, ...positions] = staticShape(x, "of GroupNormalization", 2);
    const groups = int("num_groups", 1);
    const perGroup = channels / groups;
    // [batch, groups, channels of a group, positions]
    const grouped = (value: typeof x) => g.reshape(value, [batch, groups, perGroup, -1]);
    const average = (value: NonNullable<typeof x>) => g.reduceMean(value, { axes: [2, 3] });
    const centred = g.sub(grouped(x), average(grouped(x)));
    const variance = average(g.mul(centred, centred));
    const r = g.reciprocal(g.sqrt(g.add(variance, float("epsilon", 1e-5))));
    const normal = g.mul(centred, r);
    const isPerGroup =
      staticShape(scale, "of GroupNormalization", 1)[0] !== channels || perGroup === 1;
    const dx = () => {
      const dNormal = g.mul(
        grouped(dy),
        g.reshape(scale, [1, groups, isPerGroup ? 1 : perGroup, 1]),
      );
      const along = g.mul(normal, average(g.mul(dNormal, normal)));
      const dImage = g.mul(r, g.sub(g.sub(dNormal, average(dNormal)), along));
      return g.reshape(dImage, [batch, channels, ...positions]);
    };
    const axes = isPerGroup ? [0, 2, 3] : [0, 3];
    const sum = (value: NonNullable<typeof x>) =>
      g.reshape(g.reduceSum(value, { axes, keepdims: false }), [-1]);
    return [
      wants(0) ? dx() : undefined,
      wants(1) ? sum(g.mul(grouped(dy), normal)) : undefined,
      wants(2) ? sum(grouped(dy)) : undefined,
    ];
  },
  samples: [
    { inputs: [[2, 4, 3, 3], [2], [2]], attributes: { num_groups: 2 } },
    { inputs: [[2, 6, 5], [3], [3]], attributes: { num_groups: 3, epsilon: 0.01 } },
    { inputs: [[2, 4, 2, 3], [1], [1]], attributes: { num_groups: 1 } },
  ].map((sample) => ({ ...sample, float32: true as const })),
});
