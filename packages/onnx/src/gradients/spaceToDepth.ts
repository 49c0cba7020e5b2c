import { defineGradient } from "./gradient";

export const spaceToDepth = defineGradient({
  op: "SpaceToDepth",
  gradient: ([dy], { int, string }, g) => [
    g.op("DepthToSpace", [dy], { blocksize: int("blocksize", 1), mode: string("mode", "DCR") }),
  ],
  samples: [{ inputs: [[2, 2, 4, 6]], attributes: { blocksize: 2 } }],
});
