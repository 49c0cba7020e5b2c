import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";

const indices = tensor("int64", [2, 2], [2, 0, 7, -1]);
const depth = tensor("int64", [], [3]);

export const oneHot = defineGradient({
  op: "OneHot",
  inputs: 3,
  // y is values[1] at each index and values[0] elsewhere: both get the sum of dy where they stand.
  gradient: ([dy], { inputs: [indices, depth], int }, g) => {
    const bits = g.constant(tensor(dy.dtype === "float64" ? "float64" : "float32", [2], [0, 1]));
    const typedBits = bits.dtype === dy.dtype ? bits : g.cast(bits, dy.dtype);
    const oneHotMask = g.op("OneHot", [indices, depth, typedBits], { axis: int("axis", -1) });
    const sum = (mask: typeof oneHotMask) =>
      g.reshape(g.reduceSum(g.mul(dy, mask), { keepdims: false }), [1]);
    return [
      undefined,
      undefined,
      g.concat([sum(g.sub(1, oneHotMask)), sum(oneHotMask)], { axis: 0 }),
    ];
  },
  samples: [
    { inputs: [indices, depth, [2]], float32: true },
    { inputs: [indices, depth, [2]], attributes: { axis: 0 }, float32: true },
  ],
});
