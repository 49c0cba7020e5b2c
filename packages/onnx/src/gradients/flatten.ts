import { defineGradient } from "./gradient";
import { reshapeLike } from "./shared/sumTo";

export const flatten = defineGradient({
  op: "Flatten",
  gradient: ([dy], { inputs: [x] }, g) => [reshapeLike(g, dy, x)],
  samples: [
    { inputs: [[2, 3, 4, 5]] },
    { inputs: [[2, 3, 4]], attributes: { axis: 2 } },
    { inputs: [[2, 3, 4]], attributes: { axis: 0 } },
    { inputs: [[2, 3, 4]], attributes: { axis: -1 } },
  ],
});
