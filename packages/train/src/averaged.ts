// Exponential moving averages of weights (Polyak & Juditsky 1992): often better than the weights
// themselves, and smoother. As Keras' `use_ema`.
import { CajalError, checkOptions, type Tensor, type Weights, checkArgument } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import { optimizerOf, type OptimizerLike } from "./named";

const slot = "model_average";

/**
 * An optimizer that also keeps a moving average of each parameter: after the first update a = p, after every
 * other one a ← momentum·a + (1 − momentum)·p.
 *
 * @param base an optimizer, or its Keras name
 * @param options.momentum share of the old average kept, 0 ≤ momentum < 1; default 0.99
 * @example
 * const optimizer = averaged(adam(), { momentum: 0.999 });
 * for await (const event of train(model, data, { optimizer, epochs, loss }))
 *   if (event.type === "end") weights = averagedWeights(event.weights, event.state);
 */
export function averaged(base: OptimizerLike, options: { momentum?: number } = {}): Optimizer {
  const optimizer = optimizerOf(base);
  checkOptions("averaged", options, ["momentum"]);
  const { momentum = 0.99 } = options;
  if (!(momentum >= 0 && momentum < 1))
    throw new CajalError(
      "bad-argument",
      `averaged: got momentum ${momentum}, expected a number of at least 0 and less than 1.`,
      { momentum },
    );
  return {
    ...optimizer,
    slots: { ...optimizer.slots, [slot]: 0 },
    update(ops, context) {
      const { parameter, slots } = optimizer.update(ops, context);
      const afterFirst = ops.cast(ops.greater(context.iteration, 1), "float32");
      const decay = ops.mul(afterFirst, momentum);
      const average = ops.add(
        ops.mul(context.slots[slot]!, decay),
        ops.mul(parameter, ops.sub(1, decay)),
      );
      return { parameter, slots: { ...slots, [slot]: average } };
    },
  };
}

/**
 * The weights, each replaced by its average where it has one; the statistics of batch normalization and
 * frozen weights have none, and stay as they are.
 *
 * @throws CajalError `bad-argument` for a state without averages, or before the first step
 */
export function averagedWeights(weights: Weights, state: ReadonlyMap<string, Tensor>): Weights {
  checkArgument("averagedWeights", "weights", weights, "map");
  checkArgument("averagedWeights", "state", state, "map");
  const averages = [...weights.keys()].some((key) => state.has(`${key}/${slot}`));
  if (!averages || Number(state.get("iteration")?.data[0] ?? 0) === 0)
    throw new CajalError(
      "bad-argument",
      averages
        ? "averagedWeights: no step has been made yet."
        : "averagedWeights: the state has no averages. Train with averaged(optimizer).",
    );
  return new Map([...weights].map(([key, value]) => [key, state.get(`${key}/${slot}`) ?? value]));
}
