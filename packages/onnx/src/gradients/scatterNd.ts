import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { gradientOfScatter } from "./shared/gradientOfScatter";

export const scatterNd = defineGradient({
  op: "ScatterND",
  inputs: 3,
  gradient: gradientOfScatter(({ inputs: [, indices] }, g) => ({
    scatter: (data, updates, reduction = "none") =>
      g.op("ScatterND", [data, indices, updates], { reduction }),
    gather: (data) => g.op("GatherND", [data, indices]),
  })),
  samples: [
    { inputs: [[4, 3], tensor("int64", [2, 1], [3, 1]), [2, 3]] },
    { inputs: [[4, 3], tensor("int64", [3, 2], [3, 1, 0, 0, 2, -1]), [3]] },
    {
      inputs: [[2, 3, 2], tensor("int64", [1, 2, 2], [1, 2, 0, 0]), [1, 2, 2]],
      attributes: { reduction: "add" },
    },
    { inputs: [[4, 3], tensor("int64", [3, 1], [3, 1, 3]), [3, 3]], attributes: { reduction: "mul" } }, // prettier-ignore
    { inputs: [[4, 3], tensor("int64", [4, 2], [3, 1, 0, 0, 3, 1, 2, -1]), [4]], attributes: { reduction: "max" } }, // prettier-ignore
    { inputs: [[4, 3], tensor("int64", [3, 1], [3, 1, 3]), [3, 3]], attributes: { reduction: "min" } }, // prettier-ignore
  ],
});
