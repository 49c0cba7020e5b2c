// Checks regularizers and constraints of Keras' layers when training begins, rather than in its first step.
import { CajalError, unknownName } from "@cajal/core";
import { showOption } from "./showOption";

/** A weight with the options of its layer's config. */
interface WeightConfig {
  readonly key: string;
  readonly shape: readonly number[];
  readonly regularizer?: unknown;
  readonly constraint?: unknown;
}

export interface NamedConfig {
  /** In lower case, without underscores: "l1l2", "maxnorm". */
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether it was a name without a config. */
  readonly isNameOnly: boolean;
}

/** Keras writes a regularizer or a constraint as its name or as `{ class_name, config }`. */
export function parseNamedConfig(raw: unknown, where: string): NamedConfig | undefined {
  if (raw === undefined || raw === null) return undefined;
  const normalizeName = (name: string) => name.replaceAll("_", "").toLowerCase();
  if (typeof raw === "string") return { name: normalizeName(raw), config: {}, isNameOnly: true };
  if (typeof raw === "object" && "class_name" in raw && typeof raw.class_name === "string") {
    const config = ("config" in raw ? raw.config : undefined) ?? {};
    if (typeof config === "object" && !Array.isArray(config))
      return { name: normalizeName(raw.class_name), config: { ...config }, isNameOnly: false };
  }
  throw new CajalError(
    "bad-argument",
    `${where}: got ${showOption(raw)}, expected a name or { class_name, config }.`,
    { where, got: raw },
  );
}

/**
 * A number of a config.
 *
 * @throws CajalError `bad-argument` where it is none, or out of range
 */
export function numberOf(
  { config }: NamedConfig,
  key: string,
  defaultValue: number,
  { where, min = 0, max = Infinity }: { where: string; min?: number; max?: number },
): number {
  const value = Object.hasOwn(config, key) ? (config[key] ?? defaultValue) : defaultValue;
  if (typeof value === "number" && Number.isFinite(value) && value >= min && value <= max)
    return value;
  throw new CajalError(
    "bad-argument",
    `${where}, "${key}": got ${showOption(value)}, expected a number ${max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`}.`,
    { where, key, got: value },
  );
}

const regularizers = ["L1", "L2", "L1L2"];
const constraints = ["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"];

/** @throws CajalError `unknown-name`, `bad-argument`, naming the weight */
export function checkTraining(weights: readonly WeightConfig[]): void {
  for (const { key, shape, regularizer, constraint } of weights) {
    const penalty = `regularizer of weight "${key}"`;
    const r = parseNamedConfig(regularizer, penalty);
    if (r) {
      if (!regularizers.some((each) => each.toLowerCase() === r.name))
        throw unknownName(penalty, r.name, regularizers);
      for (const factor of ["l1", "l2"]) numberOf(r, factor, 0, { where: penalty });
    }
    const limit = `constraint of weight "${key}"`;
    const c = parseNamedConfig(constraint, limit);
    if (!c) continue;
    if (!constraints.some((each) => each.toLowerCase() === c.name))
      throw unknownName(limit, c.name, constraints);
    const min = numberOf(c, "min_value", 0, { where: limit });
    numberOf(c, "max_value", Math.max(2, min), { where: limit, min });
    numberOf(c, "rate", 1, { where: limit, max: 1 });
    const axes: unknown[] = [c.config.axis ?? 0].flat();
    const rank = shape.length;
    for (const axis of axes)
      if (!Number.isInteger(axis) || Number(axis) < -rank || Number(axis) >= rank)
        throw new CajalError(
          "bad-argument",
          `${limit}, "axis": got ${showOption(c.config.axis)}, expected axes of ${rank}, from ${-rank} to ${rank - 1}.`,
          { where: limit, axis: c.config.axis, shape },
        );
  }
}
