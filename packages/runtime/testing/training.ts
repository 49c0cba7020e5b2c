// The least that a training step needs, for tests of the runtime, which knows no losses and optimizers.
import type { Loss, Optimizer } from "../src/step/trainStep";

/** The mean of the squares. */
export const squares: Loss = {
  name: "squares",
  compute: (ops, yTrue, yPred) => {
    const e = ops.sub(yPred, yTrue);
    return ops.reduceMean(ops.mul(e, e), { axes: [-1] });
  },
};

/** The sum of the output, whose gradients are easy to tell. */
export const sum: Loss = {
  name: "sum",
  compute: (ops, _, yPred) => ops.reduceSum(yPred, { axes: [-1] }),
};

/** p ← p − rate · gradient. */
export const descent = (learningRate: number): Optimizer => ({
  name: "descent",
  learningRate: () => learningRate,
  slots: {},
  update: (ops, { parameter, gradient, rate }) => ({
    parameter: ops.sub(parameter, ops.mul(gradient, rate)),
    slots: {},
  }),
});
