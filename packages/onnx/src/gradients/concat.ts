import { defineGradient } from "./gradient";
import { isStatic } from "../model/dims";
import type { Dim } from "../model/model";
import { rankOf } from "./shared/sumTo";

export const concat = defineGradient({
  op: "Concat",
  // Each operand gets its own stretch of dy.
  gradient: ([dy], { inputs, int, wants }, g) => {
    const rank = rankOf(dy);
    const axis = (int("axis", 0) + rank) % rank;
    const extents: readonly Dim[] = inputs.map((x) => x!.shape?.[axis]);
    if (!isStatic(extents)) {
      const shapes = inputs.map((x) => g.slice(g.shape(x!), { starts: [axis], ends: [axis + 1] }));
      const sizes = g.concat(shapes, { axis: 0 });
      const parts = g.ops("Split", [dy, sizes], { axis }, { outputs: inputs.length });
      return parts.map((part, i) => (wants(i) ? part : undefined));
    }
    let start = 0;
    return extents.map((extent, i) => {
      const end = start + extent;
      const part = wants(i)
        ? g.slice(dy, { starts: [start], ends: [end], axes: [axis] })
        : undefined;
      start = end;
      return part;
    });
  },
  samples: [
    {
      inputs: [
        [2, 3],
        [2, 1],
      ],
      attributes: { axis: 1 },
    },
    {
      inputs: [
        [2, 3, 4],
        [2, 3, 1],
        [2, 3, 2],
      ],
      attributes: { axis: -1 },
    },
    { inputs: [[2, 3]], attributes: { axis: 0 } },
  ],
});
