// Inputs as whole numbers, as Keras' quantized layers take them: each divided by the largest of its row.
// keras/src/quantizers/quantizers.py, abs_max_quantize
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { Quantization } from "../definition/quantization";

/**
 * round(x · s) / s with s = high / (max |x| + ε) along `axes`. Its gradient is that of x, as Keras has it: rounding
 * and the scale have none.
 */
export function roundInputs(
  g: GraphBuilder,
  x: Value,
  axes: readonly number[],
  { low, high, epsilon }: NonNullable<Quantization["inputs"]>,
): Value {
  const largest = g.add(g.reduceMax(g.abs(x), { axes: [...axes], keepdims: true }), epsilon);
  const scale = g.div(high, constant(g, largest));
  const scaled = g.mul(x, scale);
  const rounded = g.clip(g.round(scaled), { min: low, max: high });
  // What rounding adds, at most ½ where nothing is clipped, as whole steps of 2⁻²⁴, which have no gradient.
  const added = g.div(g.round(g.mul(g.sub(rounded, scaled), 2 ** 24)), 2 ** 24);
  return g.div(g.add(scaled, added), scale);
}

/** A positive value without a gradient, bit for bit: a whole number of 24 bits times a power of 2. */
function constant(g: GraphBuilder, x: Value): Value {
  const exponent = g.floor(g.div(g.log(x), Math.LN2));
  const power = g.pow(2, exponent);
  return g.mul(g.div(g.round(g.mul(g.div(x, power), 2 ** 23)), 2 ** 23), power);
}
