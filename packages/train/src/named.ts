// Losses, optimizers and metrics by the names that Keras has for them.
import { CajalError, unknownName } from "@cajal/core";
import type { Loss, Metric, Optimizer } from "@cajal/runtime";
import * as losses from "./losses";
import * as metrics from "./metrics";
import * as optimizers from "./optimizers";

/** A loss, or its name: "mse", "sparse_categorical_crossentropy", "binaryCrossentropy" … */
export type LossLike = Loss | string;
/** A metric, or its name: "accuracy", "mae", "auc" …; losses serve as well. */
export type MetricLike = Metric | string;
/** An optimizer, or its name: "adam", "sgd" …, with its default options. */
export type OptimizerLike = Optimizer | string;

type Maker<T> = (() => T) & { readonly names: readonly string[] };

/** Of one output, or by the names of outputs. */
type ByOutput<T> = T | Readonly<Record<string, T>>;

/** What `read` makes of one, or of each of a record. */
function byOutput<T, R>(
  value: ByOutput<T>,
  isOne: (value: unknown) => boolean,
  read: (one: T) => R,
) {
  const isRecord = typeof value === "object" && value !== null && !isOne(value);
  return isRecord
    ? Object.fromEntries(Object.entries(value as Record<string, T>).map(([key, one]) => [key, read(one)])) // prettier-ignore
    : read(value as T);
}

export const lossesOf = (given: ByOutput<LossLike>): ByOutput<Loss> =>
  byOutput(
    given,
    (value) => has(value, "compute"),
    (one: LossLike) => made<Loss>("loss", one, losses as never, "meanSquaredError()"),
  );

export const metricsOf = (
  given: ByOutput<readonly MetricLike[]> = [],
): ByOutput<readonly Metric[]> =>
  byOutput(given, Array.isArray, (list: readonly MetricLike[]) => {
    if (!Array.isArray(list))
      throw new CajalError(
        "bad-argument",
        `metrics: got ${show(list)}, expected a list: metrics: [accuracy()], or ["accuracy"].`,
      );
    return list.map((one: MetricLike) =>
      made<Metric>("metric", one, { ...losses, ...metrics } as never, "accuracy()"),
    );
  });

export const optimizerOf = (given: OptimizerLike): Optimizer =>
  made<Optimizer>("optimizer", given, optimizers as never, "adam({ learningRate: 0.001 })");

function made<T>(
  what: "loss" | "metric" | "optimizer",
  given: T | string,
  makers: Readonly<Record<string, Maker<T>>>,
  line: string,
): T {
  if (typeof given === "string") {
    const wanted = plain(given);
    const found = Object.entries(makers).find(([name, { names }]) =>
      [name, ...names].some((each) => plain(each) === wanted),
    );
    if (!found)
      throw unknownName(what, given, [
        ...new Set(Object.values(makers).flatMap(({ names }) => names)),
      ]);
    return found[1]();
  }
  const needed = what === "optimizer" ? ["update", "learningRate"] : ["compute", "totals"];
  const works =
    what === "optimizer"
      ? needed.every((name) => has(given, name))
      : needed.some((name) => has(given, name));
  if (!works)
    throw new CajalError(
      "bad-argument",
      `${what}: got ${show(given)}, expected ${what === "metric" ? "one" : "one"} such as ${line} of @cajal/train, or its name in Keras.${
        typeof given === "function" ? " Call it: it is the function that makes one." : ""
      }`,
      { what },
    );
  return given;
}

/** Names are compared without underscores and capitals. */
const plain = (name: string) => name.replaceAll(/[_\s-]/g, "").toLowerCase();

const has = (value: unknown, method: string): boolean =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, method) === "function";

const show = (value: unknown): string =>
  typeof value === "function"
    ? `the function ${value.name || "without a name"}`
    : typeof value === "object" && value !== null
      ? `an object with ${Object.keys(value).slice(0, 5).join(", ") || "nothing"}`
      : String(JSON.stringify(value) ?? value);
