// The regularizers of Keras' layers, which add to the loss; written once for all engines.
import { unknownName } from "@cajal/core";
import type { Ops } from "./ops";
import { parseNamedConfig, numberOf } from "./weightOptions";

/** l1 Σ|w| + l2 Σw²; undefined where the regularizer adds nothing. */
export function regularization<V>(
  ops: Ops<V>,
  regularizer: unknown,
  weight: V,
  key: string,
): V | undefined {
  const { l1, l2 } = factors(regularizer, key);
  const terms: V[] = [];
  if (l1) terms.push(ops.mul(ops.reduceSum(ops.abs(weight)), l1));
  if (l2) terms.push(ops.mul(ops.reduceSum(ops.mul(weight, weight)), l2));
  return terms.length > 0 ? terms.reduce((a, b) => ops.add(a, b)) : undefined;
}

function factors(regularizer: unknown, key: string): { l1: number; l2: number } {
  const where = `regularizer of weight "${key}"`;
  const parsed = parseNamedConfig(regularizer, where);
  if (!parsed) return { l1: 0, l2: 0 };
  const number = (name: string, defaultValue: number) =>
    numberOf(parsed, name, defaultValue, { where });
  switch (parsed.name) {
    case "l1":
      return { l1: number("l1", 0.01), l2: 0 };
    case "l2":
      return { l1: 0, l2: number("l2", 0.01) };
    case "l1l2":
      // The name alone is Keras' `l1_l2()`, 0.01 each; the class's own defaults are 0.
      return parsed.isNameOnly
        ? { l1: 0.01, l2: 0.01 }
        : { l1: number("l1", 0), l2: number("l2", 0) };
    default:
      throw unknownName(where, parsed.name, ["L1", "L2", "L1L2"]);
  }
}
