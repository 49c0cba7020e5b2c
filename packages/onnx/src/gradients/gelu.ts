import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient, inFloat32 } from "./gradient";

/** ONNX Runtime's own, by the error function; the standard has had one since operator set 20. */
export const microsoftGelu = defineGradient({
  op: "Gelu",
  domain: "com.microsoft",
  gradient: ([dy], { inputs: [x] }, g) => [g.mul(dy, byErrorFunction(g, x))],
  samples: [
    { inputs: [[4, 5]], range: [-3, 3], float32: true },
    { inputs: [[]], float32: true },
  ],
});

export const gelu = defineGradient({
  op: "Gelu",
  gradient: ([dy], { inputs: [x], string }, g) => [
    g.mul(dy, string("approximate", "none") === "tanh" ? byTanh(g, x) : byErrorFunction(g, x)),
  ],
  samples: inFloat32([
    { inputs: [[4, 5]], range: [-3, 3] },
    { inputs: [[2, 3, 4]], range: [-3, 3], attributes: { approximate: "tanh" } },
    { inputs: [[]], attributes: { approximate: "none" } },
  ]),
});

/** y = x Φ(x); y' = Φ(x) + x φ(x), Φ and φ the normal distribution and its density (Hendrycks & Gimpel 2016, arXiv:1606.08415). */
function byErrorFunction(g: GraphBuilder, x: Value): Value {
  const Phi = g.mul(g.add(g.erf(g.mul(x, Math.SQRT1_2)), 1), 0.5);
  const phi = g.mul(g.exp(g.mul(g.mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return g.add(Phi, g.mul(x, phi));
}

/** y = x (1 + t) / 2, t = tanh(√(2/π) (x + 0.044715 x³)); y' = (1 + t) / 2 + x (1 − t²) / 2 · √(2/π) (1 + 3 · 0.044715 x²). */
function byTanh(g: GraphBuilder, x: Value): Value {
  const [root, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
  const square = g.mul(x, x);
  const t = g.tanh(g.mul(g.mul(x, g.add(g.mul(square, cubic), 1)), root));
  const slope = g.mul(g.add(g.mul(square, 3 * cubic), 1), root / 2);
  const derivative = g.mul(g.mul(x, g.sub(1, g.mul(t, t))), slope);
  return g.add(g.mul(g.add(t, 1), 0.5), derivative);
}
