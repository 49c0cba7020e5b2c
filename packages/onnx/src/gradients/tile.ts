import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { staticShape } from "./shared/sumTo";

export const tile = defineGradient({
  op: "Tile",
  inputs: 2,
  // Each axis of y is [repeats, extent]: sum over the repeats.
  gradient: ([dy], { inputs: [x], outputs: [y] }, g) => {
    const extents = staticShape(x, "of Tile");
    const tiledShape = staticShape(y, "of Tile");
    const split = extents.flatMap((extent, i) => [
      extent === 0 ? 1 : tiledShape[i]! / extent,
      extent,
    ]);
    const axes = extents.map((_, i) => 2 * i);
    return [g.reduceSum(g.reshape(dy, split, { allowzero: 1 }), { axes, keepdims: false })];
  },
  samples: [
    { inputs: [[2, 3], tensor("int64", [2], [3, 2])] },
    { inputs: [[2, 3], tensor("int64", [2], [1, 2])] },
    { inputs: [[4], tensor("int64", [1], [3])] },
  ],
});
