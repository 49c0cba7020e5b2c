import { defineGradient } from "./gradient";
import { staticShape } from "./shared/sumTo";

export const depthToSpace = defineGradient({
  op: "DepthToSpace",
  // The blocks moved back. DCR is what SpaceToDepth undoes; CRD has its channels outermost.
  gradient: ([dy], { inputs: [x], int, string }, g) => {
    const blocksize = int("blocksize", 1);
    if (string("mode", "DCR") === "DCR") return [g.op("SpaceToDepth", [dy], { blocksize })];
    const [n, c, h, w] = staticShape(x, "of DepthToSpace", 4);
    const split = g.reshape(dy, [n, c / blocksize ** 2, h, blocksize, w, blocksize]);
    return [g.reshape(g.transpose(split, [0, 1, 3, 5, 2, 4]), [n, c, h, w])];
  },
  samples: [
    { inputs: [[2, 8, 2, 3]], attributes: { blocksize: 2 } },
    { inputs: [[2, 8, 2, 3]], attributes: { blocksize: 2, mode: "CRD" } },
  ],
});
