import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { replaces } from "./shared/scattered";

export const scatterNd = defineGradient({
  op: "ScatterND",
  inputs: 3,
  // As ScatterElements: what is replaced gets nothing, updates get dy of where they went.
  gradient: ([dy], context, g) => {
    const { wants } = context;
    const [, places, updates] = context.inputs;
    const replacing = replaces(context);
    const none = () => g.expand(g.scalar(dy.dtype, 0), g.shape(updates));
    const kept = () => g.op("ScatterND", [dy, places, none()]);
    return [
      wants(0) ? (replacing ? kept() : dy) : undefined,
      undefined,
      wants(2) ? g.op("GatherND", [dy, places]) : undefined,
    ];
  },
  samples: [
    { inputs: [[4, 3], tensor("int64", [2, 1], [3, 1]), [2, 3]] },
    { inputs: [[4, 3], tensor("int64", [3, 2], [3, 1, 0, 0, 2, -1]), [3]] },
    {
      inputs: [[2, 3, 2], tensor("int64", [1, 2, 2], [1, 2, 0, 0]), [1, 2, 2]],
      attributes: { reduction: "add" },
    },
  ],
});
