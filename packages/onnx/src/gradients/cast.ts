import { defineGradient } from "./gradient";

export const cast = defineGradient({
  op: "Cast",
  // dx = dy in the type of x. From and to integers nothing flows.
  gradient: ([dy], { inputs: [x] }, g) => [g.cast(dy, x.dtype)],
  samples: [{ inputs: [[2, 3]], attributes: { to: 11 } }],
});
