import { defineGradient } from "./gradient";

export const meanVarianceNormalization = defineGradient({
  op: "MeanVarianceNormalization",
  // y = (x − μ) / σ over some axes; dx = (dy − mean dy − y · mean(dy · y)) / σ, but for the 1e-9 beside σ.
  gradient: ([dy], { inputs: [x], outputs: [y], ints }, g) => {
    const axes = [...(ints("axes") ?? [0, 2, 3])];
    const average = (value: NonNullable<typeof x>) => g.reduceMean(value, { axes });
    const centred = g.sub(x!, average(x!));
    const deviation = g.sqrt(average(g.mul(centred, centred)));
    const rest = g.add(average(dy!), g.mul(y!, average(g.mul(dy!, y!))));
    return [g.div(g.sub(dy!, rest), deviation)];
  },
  samples: [
    { inputs: [[2, 3, 4, 5]], float32: true },
    { inputs: [[3, 4, 2]], attributes: { axes: [0, 2] }, float32: true },
  ],
});
