import { tensor } from "@cajal/core";
import { defineGradient, inFloat32 } from "./gradient";

const indices = tensor("int64", [1, 2, 2, 2], [0, 3, 9, 14, 17, 18, 24, 31]);

export const maxUnpool = defineGradient({
  op: "MaxUnpool",
  inputs: 2,
  // y is x at its indices, which count through all of y, and 0 elsewhere: dx is dy at them.
  gradient: ([dy], { inputs: [, indices] }, g) => [
    g.gather(g.reshape(dy, [-1]), indices, { axis: 0 }),
  ],
  samples: inFloat32([
    { inputs: [[1, 2, 2, 2], indices], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    {
      inputs: [[1, 2, 2, 2], indices, tensor("int64", [4], [1, 2, 4, 4])],
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    },
  ]),
});
