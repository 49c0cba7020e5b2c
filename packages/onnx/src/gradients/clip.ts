import { tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient } from "./gradient";
import { positive } from "./relu";
import { sumTo } from "./shared/sumTo";

const scalar = (value: number) => tensor("float64", [], [value]);

export const clip = defineGradient({
  op: "Clip",
  // y = min(max(x, min), max): dx = dy where min ≤ x ≤ max, the limits included, as torch.clamp and
  // tf.clip_by_value have it; the limit that y is cut to gets the rest, `max` where min > max.
  gradient: ([dy], { inputs: [x, min, max], outputs: [y], wants, constant, block }, g) => {
    const where = (condition: Value) => g.mul(dy, g.cast(condition, dy.dtype));
    // ReLU6, which Keras and PyTorch export as this, has slope 0 at both its limits in either: y shows that, and x need
    // not be kept.
    if (constant(1)?.data[0] === 0 && constant(2)?.data[0] === 6 && !wants(1) && !wants(2))
      return [
        dy.dtype === "float32" && block !== 8
          ? g.mul(dy, g.mul(positive(g, y), belowSix(g, y)))
          : where(g.and(g.greater(y, min!), g.less(y, max!))),
      ];
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

/**
 * 1 where y < 6, else 0, for y of 0 to 6 in float32: 2²¹ (6 − y), which is exact, is 1 for the greatest number below 6. Such
 * a mask stays in the blocks of ONNX Runtime's convolutions, as a comparison does not, and needs no cast. Where graphs are
 * written in blocks all masks stay in them: with AVX-512 this one takes less in a step of MobileNet, with AVX2, blocks of 8,
 * two comparisons do.
 */
const belowSix = (g: GraphBuilder, y: Value): Value =>
  g.hardSigmoid(y, { alpha: -(2 ** 21), beta: 6 * 2 ** 21 });
