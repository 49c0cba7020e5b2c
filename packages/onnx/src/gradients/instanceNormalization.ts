import { defineGradient } from "./gradient";
import { rankOf } from "./shared/sumTo";

export const instanceNormalization = defineGradient({
  op: "InstanceNormalization",
  inputs: 3,
  // As LayerNormalization, over the positions of one channel of one image (Ulyanov et al. 2016,
  // arXiv:1607.08022): dx = γ r (dy − mean dy − x̂ · mean(dy · x̂)).
  gradient: ([dy], { inputs: [x, scale], float, wants }, g) => {
    const rank = rankOf(x);
    const positions = Array.from({ length: rank - 2 }, (_, i) => i + 2);
    const average = (value: typeof x) => g.reduceMean(value, { axes: positions, keepdims: true });
    const centred = g.sub(x, average(x));
    const variance = average(g.mul(centred, centred));
    const r = g.reciprocal(g.sqrt(g.add(variance, float("epsilon", 1e-5))));
    const normal = g.mul(centred, r);
    const batchAndPositions = [0, ...positions];
    const dx = () => {
      const channelScale = g.reshape(scale, [1, -1, ...positions.map(() => 1)]);
      const correction = g.add(average(dy), g.mul(normal, average(g.mul(dy, normal))));
      return g.mul(g.mul(channelScale, r), g.sub(dy, correction));
    };
    return [
      wants(0) ? dx() : undefined,
      wants(1)
        ? g.reduceSum(g.mul(dy, normal), { axes: batchAndPositions, keepdims: false })
        : undefined,
      wants(2) ? g.reduceSum(dy, { axes: batchAndPositions, keepdims: false }) : undefined,
    ];
  },
  samples: [
    { inputs: [[2, 3, 4, 5], [3], [3]], float32: true },
    { inputs: [[2, 3, 6], [3], [3]], attributes: { epsilon: 0.01 }, float32: true },
  ],
});
