import { defineGradient } from "./gradient";

export const leakyRelu = defineGradient({
  op: "LeakyRelu",
  // dx = dy where x > 0, alpha · dy elsewhere (at 0 too, as in TensorFlow).
  gradient: ([dy], { inputs: [x], float }, g) => [
    g.where(g.greater(x, 0), dy, g.mul(dy, float("alpha", 0.01))),
  ],
  samples: [
    { inputs: [[2, 3]], kinks: [0] },
    { inputs: [[4, 5]], attributes: { alpha: 0.3 }, kinks: [0] },
    { inputs: [[]], kinks: [0] },
  ],
});
