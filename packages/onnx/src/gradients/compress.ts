import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";

const booleans = (...values: number[]) => tensor("bool", [values.length], values);

export const compress = defineGradient({
  op: "Compress",
  inputs: 2,
  // dy goes back to where the condition held.
  gradient: ([dy], context, g) => {
    const [x, condition] = context.inputs;
    const attribute = context.attribute("axis");
    const rank = x.shape!.length;
    const flat = attribute?.type !== "int";
    const axis = flat ? 0 : (attribute.value + rank) % rank;
    const shape = flat ? g.reshape(g.size(x), [1]) : g.shape(x);
    const extent = g.squeeze(flat ? shape : g.gather(shape, [axis]), [0]);
    const indices = g.compress(g.range(g.scalar("int64", 0), extent), condition, { axis: 0 });
    const broadcastShape = Array.from({ length: flat ? 1 : rank }, (_, i) => (i === axis ? -1 : 1));
    const index = g.expand(g.reshape(indices, broadcastShape), g.shape(dy));
    const zeros = g.expand(g.scalar(dy.dtype, 0), shape);
    const dx = g.op("ScatterElements", [zeros, index, dy], { axis });
    return [flat ? g.reshape(dx, g.shape(x)) : dx];
  },
  samples: [
    { inputs: [[3, 2], booleans(0, 1, 1)], attributes: { axis: 0 } },
    { inputs: [[2, 3, 2], booleans(1, 0)], attributes: { axis: -2 } }, // shorter than the axis
    { inputs: [[2, 3], booleans(0, 1, 0, 1, 1)] },
    { inputs: [[4], booleans(0, 0, 0, 1)] },
  ],
});
