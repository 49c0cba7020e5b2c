import { defineGradient } from "./gradient";
import { knownShape } from "./shared/sumTo";

export const globalAveragePool = defineGradient({
  op: "GlobalAveragePool",
  // Every position gets dy / (number of positions).
  gradient: ([dy], { inputs: [x] }, g) => {
    const area = knownShape(x!, "of GlobalAveragePool")
      .slice(2)
      .reduce((a, b) => a * b, 1);
    return [g.expand(g.mul(dy!, 1 / area), g.shape(x!))];
  },
  samples: [
    { inputs: [[2, 3, 4, 5]], float32: true },
    { inputs: [[2, 3, 4]], float32: true },
  ],
});
