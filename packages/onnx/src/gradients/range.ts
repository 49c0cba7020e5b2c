import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";

const scalar = (value: number) => tensor("float64", [], [value]);

export const range = defineGradient({
  op: "Range",
  inputs: 3,
  // y_i = start + i · delta, as many as lie before the limit: the limit only counts them, in steps.
  gradient: ([dy], { inputs: [start, limit, delta], wants }, g) => {
    const sum = (x: typeof dy) => g.reduceSum(x, { keepdims: false });
    const count = g.squeeze(g.shape(dy), [0]);
    const reshapedLike = (x: typeof dy, value: typeof dy) => g.reshape(value, g.shape(x));
    const steps = () => g.cast(g.range(g.scalar("int64", 0), count), dy.dtype);
    return [
      wants(0) ? reshapedLike(start, sum(dy)) : undefined,
      wants(1) ? g.expand(g.scalar(dy.dtype, 0), g.shape(limit)) : undefined,
      wants(2) ? reshapedLike(delta, sum(g.mul(dy, steps()))) : undefined,
    ];
  },
  samples: [
    { inputs: [[], scalar(3), scalar(0.4)], range: [0.1, 0.3], shape: [8] },
    { inputs: [scalar(0.1), scalar(3), []], range: [0.5, 0.55], shape: [6] },
    { inputs: [scalar(0.1), [], scalar(-0.3)], range: [-2.8, -2.7], shape: [10] },
  ],
});
