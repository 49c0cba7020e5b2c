import { tensor } from "@cajal/core";
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
    const flat = staticShape(dy, "of Gather");
    const indexRank = indices.shape!.length;
    const count = flat.slice(axis, axis + indexRank).reduce((a, b) => a * b, 1);
    // All of the indices' axes become one, in the place of the axis.
    const dyFlat = g.reshape(dy, [...flat.slice(0, axis), count, ...flat.slice(axis + indexRank)]);
    const index = g.reshape(indices, [count, ...Array<number>(innerRank).fill(1)]);
    return [
      g.op(
        "ScatterElements",
        [
          g.expand(g.scalar(dy.dtype, 0), shape),
          g.expand(index, dyFlat.shape as readonly number[]),
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
