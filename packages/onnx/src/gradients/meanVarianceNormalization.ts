import { defineGradient } from "./gradient";
import { nonZero } from "./shared/nonZero";

export const meanVarianceNormalization = defineGradient({
  op: "MeanVarianceNormalization",
  // y = (x − μ) / (σ + ε) over some axes, ε = 1e-9 (ONNX' function body); with c = x − μ and s = σ + ε,
  // dx = (dy − mean dy) / s − c · mean(dy · c) / (σ s²), whose last part is 0 where σ is.
  gradient: ([dy], { inputs: [x], ints }, g) => {
    const axes = [...(ints("axes") ?? [0, 2, 3])];
    const average = (value: NonNullable<typeof x>) => g.reduceMean(value, { axes });
    const centred = g.sub(x, average(x));
    const deviation = g.sqrt(average(g.mul(centred, centred)));
    const s = g.add(deviation, 1e-9);
    const along = g.div(average(g.mul(dy, centred)), g.mul(nonZero(g, deviation), g.mul(s, s)));
    return [g.sub(g.div(g.sub(dy, average(dy)), s), g.mul(centred, along))];
  },
  samples: [
    { inputs: [[2, 3, 4, 5]], float32: true },
    { inputs: [[3, 4, 2]], attributes: { axes: [0, 2] }, float32: true },
  ],
});
