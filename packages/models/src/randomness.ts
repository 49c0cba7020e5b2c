// Random numbers inside a graph: a hash of each element's index under the step's seed, made of
// integer operators alone, so that every engine draws the same mask and a resumed run goes on as if
// it had not stopped. (ONNX' own random operators are seeded per session, not per step.)
import type { GraphBuilder, Value } from "@cajal/onnx";

/** 2³¹ − 1, a prime: products of two residues fit into int64. */
const prime = 2147483647;

/** 1 / (1 - rate) where an element of `like` is kept, 0 with probability `rate`. */
export function keep(
  g: GraphBuilder,
  like: Value,
  { rate, seed }: { rate: number; seed: Value },
): Value {
  const kept = g.greaterOrEqual(uniform(g, like, seed), rate);
  return g.mul(g.cast(kept, "float32"), 1 / (1 - rate));
}

/** Uniform in [0, 1), one number for each element of `like`. */
export function uniform(g: GraphBuilder, like: Value, seed: Value): Value {
  const shape = g.shape(like);
  const count = g.reduceProd(shape, { keepdims: 0 });
  const index = g.range(0, count);
  const modulo = (x: Value) => g.mod(x, prime);
  // Three rounds of x ← (x · a + s)² · b + c modulo a prime: squares mix high digits into low ones.
  let x = modulo(g.add(g.mul(index, 48271), seed));
  for (const [a, c] of [
    [1284865837, 1013904223],
    [950706376, 1664525],
    [742938285, 12345],
  ] as const) {
    x = modulo(g.add(g.mul(x, a), g.add(seed, c)));
    x = modulo(g.mul(x, x));
  }
  const fraction = g.mul(g.cast(x, "float32"), 1 / prime);
  return g.reshape(fraction, shape);
}
