import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";

const scalar = (value: number) => tensor("float64", [], [value]);

export const clip = defineGradient({
  op: "Clip",
  // dx = dy strictly between the limits: relu6 has slope 0 at 0 and at 6, in TensorFlow and PyTorch.
  gradient: ([dy], { inputs: [x, min, max] }, g) => {
    const above = min && g.greater(x!, min);
    const below = max && g.less(x!, max);
    const inside = above && below ? g.and(above, below) : (above ?? below);
    return [inside ? g.mul(dy!, g.cast(inside, dy!.dtype)) : dy];
  },
  samples: [
    { inputs: [[4, 5], scalar(0), scalar(0.5)], kinks: [0, 0.5] },
    { inputs: [[4, 5], scalar(0)], kinks: [0] },
    { inputs: [[4, 5], undefined, scalar(0.25)], kinks: [0.25] },
    { inputs: [[4, 5]] },
  ],
});
