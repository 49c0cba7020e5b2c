import { CajalError, checkOptions, showValue } from "@cajal/core";
import type { Loss } from "@cajal/runtime";
import { defineLoss, elementwise } from "./defineLoss";

/**
 * Mean over the last axis of e²/2 where |e| ≤ delta, and delta·|e| − delta²/2 beyond (Huber 1964).
 *
 * @param options.delta where the parabola ends; default 1
 */
export const huber = defineLoss(
  ["huber", "huber_loss"],
  (options: { delta?: number } = {}): Loss => {
    checkOptions("huber", options, ["delta"]);
    const { delta = 1 } = options;
    if (!(Number.isFinite(delta) && delta > 0))
      throw new CajalError(
        "bad-argument",
        `huber: got delta ${showValue(delta)}, expected a number above 0.`,
        { delta },
      );
    const loss = elementwise("huber", "huber", (ops, y, p) => {
      const e = ops.abs(ops.sub(p, y));
      // Both branches at once: with q = min(|e|, delta), q²/2 + delta (|e| − q).
      const q = ops.clip(e, 0, delta);
      return ops.add(ops.mul(ops.mul(q, q), 0.5), ops.mul(ops.sub(e, q), delta));
    });
    return { ...loss, config: { delta } };
  },
);
