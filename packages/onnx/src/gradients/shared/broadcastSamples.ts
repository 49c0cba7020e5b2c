import type { GradientSample } from "../gradient";

/** Operands of one shape, each broadcast to the other, scalars, and none at all. */
export const broadcastSamples: readonly GradientSample[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [3, 1],
    [2, 1, 4],
  ],
  [[], [2, 3]],
  [[2, 3], []],
  [
    [0, 3],
    [1, 3],
  ],
].map((inputs) => ({ inputs }));
