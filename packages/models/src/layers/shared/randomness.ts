// Random numbers inside a graph: a hash of each element's index under the step's seed, made of
// integer operators alone, so that every engine draws the same and a resumed run goes on as if it had
// not stopped. (ONNX' own random operators are seeded per session, not per step.)
import type { GraphBuilder, Value } from "@cajal/onnx";

/** 2³¹ − 1, a prime: products of two residues fit into int64. */
const prime = 2147483647;

/**
 * 1 / (1 - rate) with probability 1 - rate, else 0.
 *
 * @param shape an int64 vector
 */
export function dropoutMask(
  g: GraphBuilder,
  shape: Value,
  { rate, seed }: { rate: number; seed: Value },
): Value {
  const isKept = g.greaterOrEqual(uniform(g, shape, seed), rate);
  return g.mul(g.cast(isKept, "float32"), 1 / (1 - rate));
}

/** Standard normal numbers (Box–Muller). */
export function normal(g: GraphBuilder, shape: Value, seed: Value): Value {
  // 1 − u is above 0, so that the logarithm is finite.
  const radius = g.sqrt(g.mul(g.log(g.sub(1, uniform(g, shape, seed))), -2));
  const angle = g.mul(uniform(g, shape, g.add(seed, 104729)), 2 * Math.PI);
  return g.mul(radius, g.cos(angle));
}

/** Uniform in [0, 1). */
export function uniform(g: GraphBuilder, shape: Value, seed: Value): Value {
  const index = g.range(0, g.reduceProd(shape, { keepdims: false }));
  const key = g.mod(seed, prime);
  // Rounds of x ← (x · a + key + c)² modulo a prime: squares carry every digit into every other.
  let x = index;
  for (const [a, c] of [
    [1284865837, 1013904223],
    [950706376, 1664525],
  ] as const) {
    x = g.mod(g.add(g.mul(x, a), g.add(key, c)), prime);
    x = g.mod(g.mul(x, x), prime);
  }
  const fraction = g.mul(g.cast(g.div(x, 128), "float32"), 2 ** -24); // 24 bits: exact in float32
  return g.reshape(fraction, shape);
}
