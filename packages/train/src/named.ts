// Losses, optimizers and metrics by their Keras names.
import { CajalError, showValue, unknownName } from "@cajal/core";
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

/** For a single output, or by output names. */
type ByOutput<T> = T | Readonly<Record<string, T>>;

/** Applies `read` to a single value, or to each value of a record. */
function byOutput<T, R>(
  value: ByOutput<T>,
  isOne: (value: unknown) => boolean,
  read: (one: T) => R,
) {
  // Object.entries of a Map or a Set is empty: its entries would be ignored silently.
  const isRecord =
    typeof value === "object" && value !== null && !isOne(value) && !(Symbol.iterator in value);
  return isRecord
    ? Object.fromEntries(Object.entries(value as Record<string, T>).map(([key, one]) => [key, read(one)])) // prettier-ignore
    : read(value as T);
}

export const lossesOf = (choice: ByOutput<LossLike>): ByOutput<Loss> =>
  byOutput(
    choice,
    (value) => hasMethod(value, "compute"),
    (one: LossLike) => resolveNamed<Loss>("loss", one, losses as never, "meanSquaredError()"),
  );

export const metricsOf = (
  choice: ByOutput<readonly MetricLike[]> = [],
): ByOutput<readonly Metric[]> =>
  byOutput(choice, Array.isArray, (list: readonly MetricLike[]) => {
    if (!Array.isArray(list))
      throw new CajalError(
        "bad-argument",
        `metrics: got ${showChoice(list)}, expected a list: metrics: [accuracy()], or ["accuracy"].`,
      );
    return list.map((one: MetricLike) =>
      // A loss and a metric of one name differ in their sign: here the metric is meant.
      resolveNamed<Metric>("metric", one, { ...metrics, ...losses } as never, "accuracy()"),
    );
  });

export const optimizerOf = (choice: OptimizerLike): Optimizer =>
  resolveNamed<Optimizer>(
    "optimizer",
    choice,
    optimizers as never,
    "adam({ learningRate: 0.001 })",
  );

function resolveNamed<T>(
  what: "loss" | "metric" | "optimizer",
  choice: T | string,
  makers: Readonly<Record<string, Maker<T>>>,
  example: string,
): T {
  if (typeof choice === "string") {
    const normalizedName = normalizeName(choice);
    const entry = Object.entries(makers).find(([name, { names }]) =>
      [name, ...names].some((each) => normalizeName(each) === normalizedName),
    );
    if (!entry)
      throw unknownName(what, choice, [
        ...new Set(Object.values(makers).flatMap(({ names }) => names)),
      ]);
    return entry[1]();
  }
  const methods = what === "optimizer" ? ["update", "learningRate"] : ["compute", "totals"];
  const isUsable =
    what === "optimizer"
      ? methods.every((name) => hasMethod(choice, name))
      : methods.some((name) => hasMethod(choice, name));
  if (!isUsable)
    throw new CajalError(
      "bad-argument",
      `${what}: got ${showChoice(choice)}, expected one such as ${example} of @cajal/train, or its name in Keras.${
        typeof choice === "function" ? " Call it: it is the function that makes one." : ""
      }`,
      { what },
    );
  return choice;
}

/** Names are compared in lower case, without separators. */
const normalizeName = (name: string) => name.replaceAll(/[_\s-]/g, "").toLowerCase();

const hasMethod = (value: unknown, method: string): boolean =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, method) === "function";

const showChoice = (value: unknown): string =>
  typeof value === "function"
    ? `the function ${value.name || "without a name"}`
    : typeof value === "object" && value !== null
      ? `an object with ${Object.keys(value).slice(0, 5).join(", ") || "nothing"}`
      : showValue(value);
