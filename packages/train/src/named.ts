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
  // Of a Map or a Set every entry would be left out without a word.
  const isRecord =
    typeof value === "object" && value !== null && !isOne(value) && !(Symbol.iterator in value);
  return isRecord
    ? Object.fromEntries(Object.entries(value as Record<string, T>).map(([key, one]) => [key, read(one)])) // prettier-ignore
    : read(value as T);
}

export const lossesOf = (choice: ByOutput<LossLike>): ByOutput<Loss> =>
  byOutput(
    choice,
    (value) => has(value, "compute"),
    (one: LossLike) => resolveNamed<Loss>("loss", one, losses as never, "meanSquaredError()"),
  );

export const metricsOf = (
  choice: ByOutput<readonly MetricLike[]> = [],
): ByOutput<readonly Metric[]> =>
  byOutput(choice, Array.isArray, (list: readonly MetricLike[]) => {
    if (!Array.isArray(list))
      throw new CajalError(
        "bad-argument",
        `metrics: got ${show(list)}, expected a list: metrics: [accuracy()], or ["accuracy"].`,
      );
    return list.map((one: MetricLike) =>
      resolveNamed<Metric>("metric", one, { ...losses, ...metrics } as never, "accuracy()"),
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
  line: string,
): T {
  if (typeof choice === "string") {
    const wanted = plain(choice);
    const entry = Object.entries(makers).find(([name, { names }]) =>
      [name, ...names].some((each) => plain(each) === wanted),
    );
    if (!entry)
      throw unknownName(what, choice, [
        ...new Set(Object.values(makers).flatMap(({ names }) => names)),
      ]);
    return entry[1]();
  }
  const needed = what === "optimizer" ? ["update", "learningRate"] : ["compute", "totals"];
  const works =
    what === "optimizer"
      ? needed.every((name) => has(choice, name))
      : needed.some((name) => has(choice, name));
  if (!works)
    throw new CajalError(
      "bad-argument",
      `${what}: got ${show(choice)}, expected ${what === "metric" ? "one" : "one"} such as ${line} of @cajal/train, or its name in Keras.${
        typeof choice === "function" ? " Call it: it is the function that makes one." : ""
      }`,
      { what },
    );
  return choice;
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
