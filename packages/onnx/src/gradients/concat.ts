import { defineGradient } from "./gradient";
import { knownShape } from "./shared/sumTo";

export const concat = defineGradient({
  op: "Concat",
  // Each operand gets its own stretch of dy.
  gradient: ([dy], { inputs, int, wants }, g) => {
    const rank = dy!.shape!.length;
    const axis = (int("axis", 0) + rank) % rank;
    let start = 0;
    return inputs.map((x, i) => {
      const extent = x!.shape![axis];
      const end =
        start + (typeof extent === "number" ? extent : knownShape(x!, "of Concat")[axis]!);
      const part = wants(i)
        ? g.slice(dy!, { starts: [start], ends: [end], axes: [axis] })
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
