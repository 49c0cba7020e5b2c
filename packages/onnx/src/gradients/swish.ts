import { defineGradient, inFloat32, type Gradient } from "./gradient";

/** y = x σ(αx); dx = dy (s + α y (1 − s)), s = σ(αx) (Ramachandran et al. 2017, arXiv:1710.05941). */
export const slopeOfSwish =
  (defaultAlpha: number): Gradient["gradient"] =>
  ([dy], { inputs: [x], outputs: [y], float }, g) => {
    const alpha = float("alpha", defaultAlpha);
    const s = g.sigmoid(alpha === 1 ? x! : g.mul(x!, alpha));
    return [g.mul(dy!, g.add(s, g.mul(g.mul(y!, g.sub(1, s)), alpha)))];
  };

export const swish = defineGradient({
  op: "Swish",
  gradient: slopeOfSwish(1),
  samples: inFloat32([
    { inputs: [[2, 3]], range: [-3, 3] },
    { inputs: [[2, 3, 2]], range: [-3, 3], attributes: { alpha: 0.5 } },
    { inputs: [[]], attributes: { alpha: -2 } },
  ]),
});
