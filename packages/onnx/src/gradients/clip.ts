import { tensor } from "@cajal/core";
import type { Value } from "../graph/builder";
import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

const scalar = (value: number) => tensor("float64", [], [value]);

export const clip = defineGradient({
  op: "Clip",
  // y = min(max(x, least), most): dx = dy strictly between the limits (relu6 has slope 0 at 0 and at 6, in
  // TensorFlow and PyTorch), else the limit that y is equal to gets dy, `most` where both are.
  gradient: ([dy], { inputs: [x, least, most], wants }, g) => {
    const where = (condition: Value) => g.mul(dy!, g.cast(condition, dy!.dtype));
    const above = least && g.greater(x!, least);
    const below = most && g.less(x!, most);
    const inside = above && below ? g.and(above, below) : (above ?? below);
    const raised = () => (most ? g.and(g.not(above!), g.less(least!, most)) : g.not(above!));
    const lowered = () => g.not(least ? g.and(below!, g.less(least, most!)) : below!);
    return [
      inside && wants(0) ? where(inside) : dy,
      least && wants(1) ? sumTo(g, where(raised()), least) : undefined,
      most && wants(2) ? sumTo(g, where(lowered()), most) : undefined,
    ];
  },
  samples: [
    { inputs: [[4, 5], scalar(0), scalar(0.5)], kinks: [0, 0.5] },
    { inputs: [[4, 5], scalar(0)], kinks: [0] },
    { inputs: [[4, 5], undefined, scalar(0.25)], kinks: [0.25] },
    { inputs: [[4, 5]] },
    { inputs: [[4, 5], [], scalar(0.5)], kinks: [0.5] },
    { inputs: [[4, 5], undefined, []] },
    { inputs: [[4, 5], [], []] },
  ],
});
