import { defineGradient } from "./gradient";

export const unique = defineGradient({
  op: "Unique",
  outputs: 0,
  // y is x where each value was first; dy goes back there. (Where values are equal, one of them stands for all.)
  gradient: ([dy], context, g) => {
    const [x] = context.inputs;
    const first = context.output(1);
    const attribute = context.attribute("axis");
    const rank = x.shape!.length;
    if (attribute?.type !== "int") {
      const zeros = g.expand(g.scalar(dy!.dtype, 0), g.reshape(g.size(x), [1]));
      const flat = g.op("ScatterElements", [zeros, first, dy], { axis: 0 });
      return [g.reshape(flat, g.shape(x))];
    }
    const axis = (attribute.value + rank) % rank;
    const broadcastShape = Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1));
    const index = g.expand(g.reshape(first, broadcastShape), g.shape(dy!));
    const zeros = g.expand(g.scalar(dy!.dtype, 0), g.shape(x));
    return [g.op("ScatterElements", [zeros, index, dy], { axis })];
  },
  // How many there are only running tells: unique.test.ts.
  samples: [],
});
