import { tensor } from "@cajal/core";
import type { Value } from "../graph/builder";
import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

const scalar = (value: number) => tensor("float64", [], [value]);

export const clip = defineGradient({
  op: "Clip",
  // y = min(max(x, min), max): dx = dy where min ≤ x ≤ max, the limits included, as torch.clamp and
  // tf.clip_by_value have it; the limit that y is cut to gets the rest, `max` where min > max.
  gradient: ([dy], { inputs: [x, min, max], outputs: [y], wants, constant }, g) => {
    const where = (condition: Value) => g.mul(dy, g.cast(condition, dy.dtype));
    // ReLU6, which Keras and PyTorch export as this, has slope 0 at both its limits in either: y shows that, and x need
    // not be kept.
    if (constant(1)?.data[0] === 0 && constant(2)?.data[0] === 6 && !wants(1) && !wants(2))
      return [where(g.and(g.greater(y, min!), g.less(y, max!)))];
    const isAboveMin = min && g.greaterOrEqual(x, min);
    const isBelowMax = max && g.lessOrEqual(x, max);
    const isInside =
      isAboveMin && isBelowMax ? g.and(isAboveMin, isBelowMax) : (isAboveMin ?? isBelowMax);
    const minGradient = () => {
      const isUnderMin = g.less(x, min!);
      return max ? g.and(isUnderMin, g.lessOrEqual(min!, max)) : isUnderMin;
    };
    const maxGradient = () => {
      const isOverMax = g.greater(x, max!);
      return min ? g.or(isOverMax, g.greater(min, max!)) : isOverMax;
    };
    return [
      isInside && wants(0) ? where(isInside) : dy,
      min && wants(1) ? sumTo(g, where(minGradient()), min) : undefined,
      max && wants(2) ? sumTo(g, where(maxGradient()), max) : undefined,
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
