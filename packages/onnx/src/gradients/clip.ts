import { tensor } from "@cajal/core";
import type { Value } from "../graph/builder";
import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

const scalar = (value: number) => tensor("float64", [], [value]);

export const clip = defineGradient({
  op: "Clip",
  // y = min(max(x, least), most): dx = dy where least ≤ x ≤ most, the limits included, as torch.clamp and
  // tf.clip_by_value have it; the limit that y is cut to gets the rest, `most` where least > most.
  gradient: ([dy], { inputs: [x, least, most], wants, constant }, g) => {
    const where = (condition: Value) => g.mul(dy, g.cast(condition, dy.dtype));
    // ReLU6, which Keras and PyTorch export as this, has slope 0 at both its limits in either.
    const relu6 = constant(1)?.data[0] === 0 && constant(2)?.data[0] === 6;
    const above = least && (relu6 ? g.greater(x, least) : g.greaterOrEqual(x, least));
    const below = most && (relu6 ? g.less(x, most) : g.lessOrEqual(x, most));
    const inside = above && below ? g.and(above, below) : (above ?? below);
    const raised = () => {
      const under = g.less(x, least!);
      return most ? g.and(under, g.lessOrEqual(least!, most)) : under;
    };
    const lowered = () => {
      const over = g.greater(x, most!);
      return least ? g.or(over, g.greater(least, most!)) : over;
    };
    return [
      inside && wants(0) ? where(inside) : dy,
      least && wants(1) ? sumTo(g, where(raised()), least) : undefined,
      most && wants(2) ? sumTo(g, where(lowered()), most) : undefined,
    ];
  },
  samples: [
    { inputs: [[4, 5], scalar(0), scalar(0.5)], kinks: [0, 0.5] },
    { inputs: [[4, 5], scalar(0), scalar(6)], range: [-2, 8], kinks: [0, 6] },
    { inputs: [[4, 5], scalar(0)], kinks: [0] },
    { inputs: [[4, 5], undefined, scalar(0.25)], kinks: [0.25] },
    { inputs: [[4, 5]] },
    { inputs: [[4, 5], [], scalar(0.5)], kinks: [0.5] },
    { inputs: [[4, 5], undefined, []] },
    { inputs: [[4, 5], [], []] },
  ],
});
