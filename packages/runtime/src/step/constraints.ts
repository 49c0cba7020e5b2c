// The constraints of Keras' weights, applied after an update; written once for all engines.
import { unknownName } from "@cajal/core";
import type { Ops } from "./ops";
import { parseNamedConfig, numberOf } from "./weightOptions";

/** Keras' `backend.epsilon()`. */
const epsilon = 1e-7;

/**
 * A weight with its constraint applied; the weight itself where it has none.
 *
 * @param axisOf maps an axis of Keras' layout to one of the layout of `weight`
 */
export function applyConstraint<V>(
  ops: Ops<V>,
  constraint: unknown,
  weight: V,
  key: string,
  axisOf: (axis: number) => number = (axis) => axis,
): V {
  const where = `constraint of weight "${key}"`;
  const parsed = parseNamedConfig(constraint, where);
  if (!parsed) return weight;
  const { config } = parsed;
  const number = (name: string, defaultValue: number) =>
    numberOf(parsed, name, defaultValue, { where });
  const norms = () => {
    const axisList = [config.axis ?? 0].flat() as number[];
    const axes = axisList.map((axis) => axisOf(axis < 0 ? axis + ops.rank(weight) : axis));
    return ops.sqrt(ops.reduceSum(ops.mul(weight, weight), { axes, keepDims: true }));
  };
  const withNorms = (norms: V, target: V) =>
    ops.mul(weight, ops.div(target, ops.add(norms, epsilon)));
  switch (parsed.name) {
    case "nonneg":
      return ops.max(weight, 0);
    case "maxnorm": {
      const n = norms();
      return withNorms(n, ops.clip(n, 0, number("max_value", 2)));
    }
    case "minmaxnorm": {
      const n = norms();
      const rate = number("rate", 1);
      const clippedNorms = ops.clip(n, number("min_value", 0), number("max_value", 1));
      return withNorms(n, ops.add(ops.mul(clippedNorms, rate), ops.mul(n, 1 - rate)));
    }
    case "unitnorm":
      return ops.div(weight, ops.add(norms(), epsilon));
    default:
      throw unknownName(where, parsed.name, ["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"]);
  }
}
