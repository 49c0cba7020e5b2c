// Reshapes that keep the batch free.
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../definition/shape";

/** [batch, …] to [batch, all the rest]. */
export const flatten = (g: GraphBuilder, x: Value): Value => g.flatten(x);

/** To `shape`, whose batch stays what it is; one further extent may be free. */
export const reshapeTo = (g: GraphBuilder, x: Value, shape: KerasShape): Value =>
  // 0 keeps the extent of that axis, here the batch's.
  g.reshape(x, [0, ...shape.slice(1).map((extent) => extent ?? -1)]);

/** An axis read from its end. */
export const reversed = (g: GraphBuilder, x: Value, axis: number): Value =>
  g.slice(x, { starts: [-1], ends: [-(2 ** 31)], axes: [axis], steps: [-1] });
