import { defineGradient, inFloat32 } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const rmsNormalization = defineGradient({
  op: "RMSNormalization",
  inputs: 2,
  // x̂ = x r, r = 1 / √(mean x² + ε) over the last axes, y = x̂ γ (Zhang & Sennrich 2019, arXiv:1910.07467);
  // dx = r (dx̂ − x̂ · mean(dx̂ · x̂)), dx̂ = dy γ.
  gradient: ([dy], { inputs: [x, scale], int, float, wants }, g) => {
    const rank = x.shape!.length;
    const axis = (int("axis", -1) + rank) % rank;
    const axes = Array.from({ length: rank - axis }, (_, i) => axis + i);
    // x and γ may be of two types.
    const as = (value: NonNullable<typeof x>) =>
      value.dtype === x.dtype ? value : g.cast(value, x.dtype);
    const average = (value: NonNullable<typeof x>) => g.reduceMean(value, { axes, keepdims: true });
    const squares = g.add(average(g.mul(x, x)), float("epsilon", 1e-5));
    const r = g.reciprocal(g.sqrt(squares));
    const normal = g.mul(x, r);
    const dNormal = g.mul(as(dy), as(scale));
    const dScale = () => {
      const sum = sumTo(g, g.mul(as(dy), normal), scale);
      return sum.dtype === scale.dtype ? sum : g.cast(sum, scale.dtype);
    };
    return [
      wants(0)
        ? g.mul(r, g.sub(dNormal, g.mul(normal, average(g.mul(dNormal, normal)))))
        : undefined,
      wants(1) ? dScale() : undefined,
    ];
  },
  samples: inFloat32([
    { inputs: [[2, 3, 4], [4]] },
    { inputs: [[2, 3, 4], [3, 4]], attributes: { axis: 1, epsilon: 0.01 } }, // prettier-ignore
    { inputs: [[5, 6], [6]], attributes: { axis: -1 } },
    { inputs: [[4], [4]], attributes: { axis: 0 } },
  ]),
});
