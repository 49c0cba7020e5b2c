// What Keras' layers say of their weights, checked before training begins rather than in its first step.
import { CajalError, unknownName } from "@cajal/core";
import { shownOption } from "./shownOption";

/** A weight, by what its layer's config says of it. */
interface Described {
  readonly key: string;
  readonly shape: readonly number[];
  readonly regularizer?: unknown;
  readonly constraint?: unknown;
}

export interface Named {
  /** In lower case, without underscores: "l1l2", "maxnorm". */
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether it was given by its name alone. */
  readonly alone: boolean;
}

/** Keras writes a regularizer or a constraint as its name or as `{ class_name, config }`. */
export function named(raw: unknown, where: string): Named | undefined {
  if (raw === undefined || raw === null) return undefined;
  const simple = (name: string) => name.replaceAll("_", "").toLowerCase();
  if (typeof raw === "string") return { name: simple(raw), config: {}, alone: true };
  if (typeof raw === "object" && "class_name" in raw && typeof raw.class_name === "string") {
    const config = ("config" in raw ? raw.config : undefined) ?? {};
    if (typeof config === "object" && !Array.isArray(config))
      return { name: simple(raw.class_name), config: { ...config }, alone: false };
  }
  throw new CajalError(
    "bad-argument",
    `${where}: got ${shownOption(raw)}, expected a name or { class_name, config }.`,
    { where, got: raw },
  );
}

/**
 * A number of a config.
 *
 * @throws CajalError `bad-argument` where it is none, or out of range
 */
export function numberOf(
  { config }: Named,
  key: string,
  absent: number,
  { where, least = 0, most = Infinity }: { where: string; least?: number; most?: number },
): number {
  const value = Object.hasOwn(config, key) ? (config[key] ?? absent) : absent;
  if (typeof value === "number" && Number.isFinite(value) && value >= least && value <= most)
    return value;
  throw new CajalError(
    "bad-argument",
    `${where}, "${key}": got ${shownOption(value)}, expected a number ${most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`}.`,
    { where, key, got: value },
  );
}

const regularizers = ["L1", "L2", "L1L2"];
const constraints = ["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"];

/** @throws CajalError `unknown-name`, `bad-argument`, naming the weight */
export function checkTraining(weights: readonly Described[]): void {
  for (const { key, shape, regularizer, constraint } of weights) {
    const penalty = `regularizer of weight "${key}"`;
    const r = named(regularizer, penalty);
    if (r) {
      if (!regularizers.some((each) => each.toLowerCase() === r.name))
        throw unknownName(penalty, r.name, regularizers);
      for (const factor of ["l1", "l2"]) numberOf(r, factor, 0, { where: penalty });
    }
    const limit = `constraint of weight "${key}"`;
    const c = named(constraint, limit);
    if (!c) continue;
    if (!constraints.some((each) => each.toLowerCase() === c.name))
      throw unknownName(limit, c.name, constraints);
    const least = numberOf(c, "min_value", 0, { where: limit });
    numberOf(c, "max_value", Math.max(2, least), { where: limit, least });
    numberOf(c, "rate", 1, { where: limit, most: 1 });
    const axes: unknown[] = [c.config.axis ?? 0].flat();
    const rank = shape.length;
    for (const axis of axes)
      if (!Number.isInteger(axis) || Number(axis) < -rank || Number(axis) >= rank)
        throw new CajalError(
          "bad-argument",
          `${limit}, "axis": got ${shownOption(c.config.axis)}, expected axes of ${rank}, from ${-rank} to ${rank - 1}.`,
          { where: limit, axis: c.config.axis, shape },
        );
  }
}
