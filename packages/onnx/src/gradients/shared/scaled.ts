// Gradients that are still to be multiplied channel by channel. A normalization scales all that goes
// back through it; a convolution before it can scale its small kernel in place of large images.
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Scaled } from "../gradient";
import { rankOf } from "./sumTo";

/** The product. */
export function applyScale(g: GraphBuilder, { value, scale }: Scaled): Value {
  const spatialOnes = Array<number>(rankOf(value) - 2).fill(1);
  return g.mul(value, g.reshape(scale, [1, -1, ...spatialOnes]));
}

/** A kernel, [maps, ...], times what is to scale its maps. */
export function scaleMaps(g: GraphBuilder, kernel: Value, scale: Value): Value {
  const shape = kernel.shape as readonly number[];
  // As a matrix: ONNX Runtime multiplies what lies together, and axes of extent 1 part it.
  const rows = g.mul(g.reshape(kernel, [shape[0]!, -1]), g.reshape(scale, [-1, 1]));
  return g.reshape(rows, shape);
}
