// Exponential moving averages of weights (Polyak & Juditsky 1992): often better than the weights
// themselves, and smoother. As Keras' `use_ema`.
import {
  CajalError,
  checkArgument,
  checkOptions,
  checkTensor,
  type Tensor,
  type Weights,
} from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import { optimizerOf, type OptimizerLike } from "./named";
import { checkShare } from "./optimizers/defineOptimizer";

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
  checkShare("averaged", "momentum", momentum);
  return {
    ...optimizer,
    config: { ...optimizer.config, averaged: { momentum } },
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
 * weights that were never updated (frozen ones, or those of an output without a loss) have none, and stay as they
 * are.
 *
 * @throws CajalError `bad-argument` for a state without averages, or before the first step
 */
export function averagedWeights(weights: Weights, state: ReadonlyMap<string, Tensor>): Weights {
  checkArgument("averagedWeights", "weights", weights, "map");
  checkArgument("averagedWeights", "state", state, "map");
  for (const [key, value] of state) checkTensor(value, `averagedWeights: state "${key}"`);
  const averages = [...weights.keys()].some((key) => state.has(`${key}/${slot}`));
  if (!averages || Number(state.get("iteration")?.data[0] ?? 0) === 0)
    throw new CajalError(
      "bad-argument",
      averages
        ? "averagedWeights: no step has been made yet."
        : "averagedWeights: the state has no averages. Train with averaged(optimizer).",
    );
  return new Map(
    [...weights].map(([key, value]) => {
      const average = state.get(`${key}/${slot}`);
      // Zeros alone are what the slot began with: the average of a weight that was updated is not, unless the weight
      // was zeros throughout, and then either will do.
      return [key, average?.data.some((each) => Number(each) !== 0) ? average : value];
    }),
  );
}
