import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { replaces } from "./shared/scattered";

export const scatterElements = defineGradient({
  op: "ScatterElements",
  inputs: 3,
  // What is replaced gets nothing, what is added to gets dy; updates get dy of where they went. (No
  // place is replaced twice: ONNX leaves open which update would stay.)
  gradient: ([dy], context, g) => {
    const { wants, int } = context;
    const [, places, updates] = context.inputs;
    const axis = int("axis", 0);
    const replacing = replaces(context);
    const none = () => g.expand(g.scalar(dy.dtype, 0), g.shape(updates));
    const kept = () => g.op("ScatterElements", [dy, places, none()], { axis });
    return [
      wants(0) ? (replacing ? kept() : dy) : undefined,
      undefined,
      wants(2) ? g.op("GatherElements", [dy, places], { axis }) : undefined,
    ];
  },
  samples: [
    { inputs: [[3, 3], tensor("int64", [2, 3], [1, 0, 2, 0, 2, 1]), [2, 3]] },
    {
      inputs: [[3, 4], tensor("int64", [3, 2], [1, 3, 0, -1, 2, 2]), [3, 2]],
      attributes: { axis: 1, reduction: "add" },
    },
  ],
});
