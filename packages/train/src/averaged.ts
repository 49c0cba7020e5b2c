// Exponential moving averages of weights (Polyak & Juditsky 1992): often better than the weights
// themselves, and smoother. As Keras' `use_ema`.
import { CajalError, checkOptions, type Tensor, type Weights, checkArgument } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import { optimizerOf, type OptimizerLike } from "./named";

const slot = "model_average";

/**
 * An optimizer (or one by its name) that also keeps the average of each parameter: a ← momentum·a + (1 − momentum)·p, after
 * each update; a = p after the first.
 *
 * @param options.momentum share of the old average kept, default 0.99
 * @example
 * const optimizer = averaged(adam(), { momentum: 0.999 });
 * for await (const event of train(model, data, { optimizer, epochs, loss }))
 *   if (event.type === "end") weights = averagedWeights(event.weights, event.state);
 */
export function averaged(of: OptimizerLike, options: { momentum?: number } = {}): Optimizer {
  const optimizer = optimizerOf(of);
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
    update(ops, at) {
      const { parameter, slots } = optimizer.update(ops, at);
      const later = ops.cast(ops.greater(at.iteration, 1), "float32");
      const kept = ops.mul(later, momentum);
      const average = ops.add(ops.mul(at.slots[slot]!, kept), ops.mul(parameter, ops.sub(1, kept)));
      return { parameter, slots: { ...slots, [slot]: average } };
    },
  };
}

/**
 * The weights with averages in the place of all that have one; moving averages of batch normalization
 * and frozen weights stay as they are.
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
