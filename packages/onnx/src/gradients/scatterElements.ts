import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { gradientOfScatter } from "./shared/gradientOfScatter";

export const scatterElements = defineGradient({
  op: "ScatterElements",
  inputs: 3,
  gradient: gradientOfScatter(({ inputs: [, indices], int }, g) => {
    const axis = int("axis", 0);
    return {
      scatter: (data, updates, reduction = "none") =>
        g.op("ScatterElements", [data, indices, updates], { axis, reduction }),
      gather: (data) => g.op("GatherElements", [data, indices], { axis }),
    };
  }),
  samples: [
    { inputs: [[3, 3], tensor("int64", [2, 3], [1, 0, 2, 0, 2, 1]), [2, 3]] },
    {
      inputs: [[3, 4], tensor("int64", [3, 2], [1, 3, 0, -1, 2, 2]), [3, 2]],
      attributes: { axis: 1, reduction: "add" },
    },
    // Places where two updates meet, and where none goes.
    { inputs: [[3, 4], tensor("int64", [3, 3], [1, 1, 0, -1, 0, 2, 2, 2, 2]), [3, 3]], attributes: { axis: 1, reduction: "mul" } }, // prettier-ignore
    { inputs: [[4, 3], tensor("int64", [3, 2], [1, 2, 1, 2, 3, 3]), [3, 2]], attributes: { reduction: "max" } }, // prettier-ignore
    { inputs: [[4, 3], tensor("int64", [3, 2], [1, 2, 1, 2, 3, 3]), [3, 2]], attributes: { reduction: "min" } }, // prettier-ignore
  ],
});
