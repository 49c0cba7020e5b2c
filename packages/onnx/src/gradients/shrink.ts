import { defineGradient } from "./gradient";

export const shrink = defineGradient({
  op: "Shrink",
  // y = x + bias where x < −lambd, x − bias where x > lambd, 0 between; dx = dy outside of ± lambd.
  gradient: ([dy], { inputs: [x], float }, g) => [
    g.mul(dy, g.cast(g.greater(g.abs(x), float("lambd", 0.5)), dy.dtype)),
  ],
  samples: [
    // ONNX Runtime computes it in float32, of float64 too.
    { inputs: [[4, 5]], kinks: [-0.5, 0.5], float32: true },
    {
      inputs: [[2, 3, 4]],
      attributes: { lambd: 0.2, bias: 0.1 },
      kinks: [-0.2, 0.2],
      float32: true,
    },
  ],
});
