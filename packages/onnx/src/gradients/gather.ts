import { sizeOf, tensor } from "@cajal/core";
import { isStatic } from "../model/dims";
import { defineGradient } from "./gradient";
import { staticShape } from "./shared/sumTo";

const sampleIndices = tensor("int64", [2, 2], [2, 0, 2, -1]);

export const gather = defineGradient({
  op: "Gather",
  inputs: 2,
  // dy is added to the slices it was taken from. ScatterElements, not ScatterND: ONNX Runtime adds
  // there in one thread, so that slices taken twice are not lost.
  gradient: ([dy], { inputs: [x, indices], int }, g) => {
    const shape = staticShape(x, "of Gather");
    const axis = (int("axis", 0) + shape.length) % shape.length;
    const innerRank = shape.length - axis - 1;
    // How many there are may show at run time alone, as of the places that NonZero finds.
    const count = indices.shape && isStatic(indices.shape) ? sizeOf(indices.shape) : -1;
    // All of the indices' axes become one, in the place of the axis.
    const dyFlat = g.reshape(dy, [...shape.slice(0, axis), count, ...shape.slice(axis + 1)]);
    const index = g.reshape(indices, [count, ...Array<number>(innerRank).fill(1)]);
    return [
      g.op(
        "ScatterElements",
        [
          g.expand(g.scalar(dy.dtype, 0), shape),
          g.expand(index, dyFlat.shape && isStatic(dyFlat.shape) ? dyFlat.shape : g.shape(dyFlat)),
          dyFlat,
        ],
        { axis, reduction: "add" },
      ),
    ];
  },
  samples: [
    { inputs: [[4, 3], sampleIndices] },
    { inputs: [[2, 4, 3], sampleIndices], attributes: { axis: 1 } },
    { inputs: [[2, 4], tensor("int64", [], [1])], attributes: { axis: -1 } },
    { inputs: [[4], tensor("int64", [3], [1, 1, 1])] },
  ],
});
