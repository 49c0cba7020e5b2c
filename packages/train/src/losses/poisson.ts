import { defineLoss, elementwise, epsilon } from "./defineLoss";

/** Mean over the last axis of p − y log(p + 1e-7): of counts y, where p is the mean expected of them. */
export const poisson = defineLoss(["poisson"], () =>
  elementwise("poisson", "poisson", (ops, y, p) =>
    ops.sub(p, ops.mul(y, ops.log(ops.add(p, epsilon)))),
  ),
);
