import { defineGradient } from "../gradient";

export const relu = defineGradient({
  op: "Relu",
  // dx = dy where y > 0. Uses y, so x need not be kept. Slope 0 at 0, as in TensorFlow.
  gradient: ([dy], { outputs: [y] }, g) => [g.mul(dy!, g.cast(g.greater(y!, 0), dy!.dtype))],
  samples: [
    { inputs: [[2, 3]], kinks: [0] },
    { inputs: [[]], kinks: [0] },
    { inputs: [[0, 4]], kinks: [0] },
  ],
});
