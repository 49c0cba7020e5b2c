import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const layerNormalization = defineGradient({
  op: "LayerNormalization",
  // x̂ = (x − μ) r over the last axes, y = x̂ γ + β (Ba et al. 2016, arXiv:1607.06450);
  // dx = r (dx̂ − mean dx̂ − x̂ · mean(dx̂ · x̂)), dx̂ = dy · γ.
  gradient: ([dy], context, g) => {
    const [x, scale, bias] = context.inputs;
    const rank = x!.shape!.length;
    const axis = (context.int("axis", -1) + rank) % rank;
    const axes = Array.from({ length: rank - axis }, (_, i) => axis + i);
    const mean = context.output(1);
    const r = context.output(2);
    const normal = g.mul(g.sub(x!, mean), r);
    const dNormal = g.mul(dy!, scale!);
    const average = (value: typeof normal) => g.reduceMean(value, { axes, keepdims: true });
    const dx = () =>
      g.mul(
        r,
        g.sub(g.sub(dNormal, average(dNormal)), g.mul(normal, average(g.mul(dNormal, normal)))),
      );
    return [
      context.wants(0) ? dx() : undefined,
      context.wants(1) ? sumTo(g, g.mul(dy!, normal), scale!) : undefined,
      bias && context.wants(2) ? sumTo(g, dy!, bias) : undefined,
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
  ].map((sample) => ({ ...sample, float32: true as const })),
});
