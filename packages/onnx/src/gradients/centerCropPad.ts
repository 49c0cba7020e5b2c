import { tensor } from "@cajal/core";
import { defineGradient, inFloat32 } from "./gradient";

const int64s = (...values: number[]) => tensor("int64", [values.length], values);

export const centerCropPad = defineGradient({
  op: "CenterCropPad",
  inputs: 2,
  // What was cut off is padded, what was padded is cut off: both round the same way.
  gradient: ([dy], { inputs: [x], ints }, g) => {
    const axes = ints("axes");
    const shape = g.shape(x);
    const rank = x.shape!.length;
    const size = axes
      ? g.gather(
          shape,
          axes.map((axis) => (axis + rank) % rank),
        )
      : shape;
    return [g.op("CenterCropPad", [dy, size], { axes })];
  },
  samples: inFloat32([
    { inputs: [[6, 4, 3], int64s(3, 7, 3)] },
    { inputs: [[5, 4], int64s(4, 5)] },
    { inputs: [[6, 4, 3], int64s(7, 2)], attributes: { axes: [0, -1] } },
  ]),
});
