// Whether a value is a report: what is drawn from a file may be anything that JSON can write.
import { CajalError, unknownName } from "@cajal/core";
import type { Report, Section } from "./report";

/** Complains of a value that is not as it should be; `path` says where in the report it stands. */
type Rule = (value: unknown, path: string) => void;

/**
 * @param name what to call the report in messages, e.g. its file's path
 * @throws CajalError `bad-file` with the path of the first part that is none of a report
 */
export function checkReport(value: unknown, name = "report"): asserts value is Report {
  report(value, name);
}

/**
 * Reads report.json.
 *
 * @throws CajalError `bad-file`
 */
export function parseReport(text: string, name = "report"): Report {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad(name, "text that is no JSON", "a report as cajal run writes it", cause);
  }
  checkReport(value, name);
  return value;
}

const bad = (path: string, got: string, expected: string, cause?: unknown) =>
  new CajalError("bad-file", `${path}: got ${got}, expected ${expected}.`, { path }, { cause });

const kindOf = (value: unknown): string =>
  value === null
    ? "null"
    : value === undefined
      ? "nothing"
      : Array.isArray(value)
        ? "a list"
        : typeof value === "object"
          ? "an object"
          : `${typeof value === "string" ? "text" : typeof value} ${String(value).slice(0, 40)}`;

const rule =
  (expected: string, holds: (value: unknown) => boolean): Rule =>
  (value, path) => {
    if (!holds(value)) throw bad(path, kindOf(value), expected);
  };

const text = rule("text", (value) => typeof value === "string");
/** Far beyond any measurement, and far from where sums overflow. */
const number = rule(
  "a number",
  (value) => Number.isFinite(value) && Math.abs(Number(value)) < 1e100,
);
const quantity = rule("a number of at least 0", (value) => isQuantity(value));
const share = rule("a share, 0 … 1", (value) => isQuantity(value) && value <= 1);
/** What JSON makes of NaN and Infinity: a training run may have met them. */
const quantityOrNull = rule(
  "a number of at least 0, or null",
  (value) => value === null || Number.isNaN(value) || value === Infinity || isQuantity(value),
);
const whole = rule("a whole number of at least 0", (value) => isCount(value));
const yesOrNo = rule("true or false", (value) => typeof value === "boolean");

const isQuantity = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value < 1e100;

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

/** No picture or table has more. */
const most = 1_000_000;

const list =
  (each: Rule): Rule =>
  (value, path) => {
    if (!Array.isArray(value)) throw bad(path, kindOf(value), "a list");
    if (value.length > most) throw bad(path, `${value.length} entries`, `at most ${most}`);
    value.forEach((entry, i) => each(entry, `${path}[${i}]`));
  };

const optional =
  (inner: Rule): Rule =>
  (value, path) => {
    if (value !== undefined) inner(value, path);
  };

/** An object with at least these entries of its own. */
const object =
  (entries: Readonly<Record<string, Rule>>): Rule =>
  (value, path) => {
    if (!isObject(value)) throw bad(path, kindOf(value), "an object");
    for (const [key, check] of Object.entries(entries))
      check(Object.hasOwn(value, key) ? value[key] : undefined, `${path}.${key}`);
  };

const texts: Rule = (value, path) => {
  if (!isObject(value)) throw bad(path, kindOf(value), "an object");
  for (const [key, each] of Object.entries(value)) text(each, `${path}.${key}`);
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const place = { engine: text, device: text };

/** The sections' types, each with its rule; what a rule of entries cannot say follows it. */
const sections: { readonly [Type in Section["type"]]: Rule } = {
  pca: object({
    dataset: text,
    features: list(text),
    classes: list(text),
    explained_variance_ratio: list(share),
    points: list(object({ x: number, y: number, label: whole })),
  }),
  learning: object({
    ...place,
    model: text,
    dataset: text,
    optimizer: text,
    batch: whole,
    params: quantity,
    macs: quantity,
    train_examples: whole,
    validation_examples: whole,
    seconds: quantity,
    epochs: list(
      object({
        epoch: whole,
        loss: quantityOrNull,
        accuracy: quantityOrNull,
        val_loss: quantityOrNull,
        val_accuracy: quantityOrNull,
        seconds: quantity,
      }),
    ),
  }),
  predictions: object({
    model: text,
    dataset: text,
    classes: list(text),
    examples: whole,
    confusion: list(list(whole)),
    misread: list(misread),
  }),
  engines: object({
    model: text,
    dataset: text,
    examples: whole,
    tolerance: quantity,
    reference: object(place),
    agreement: list(object({ ...place, difference: quantityOrNull })),
    unavailable: list(object({ ...place, reason: text })),
  }),
};

function misread(value: unknown, path: string): void {
  object({
    index: whole,
    truth: whole,
    read: whole,
    probability: share,
    width: whole,
    height: whole,
    pixels: list(number),
  })(value, path);
  const { width, height, pixels } = value as { width: number; height: number; pixels: number[] };
  if (pixels.length !== width * height)
    throw bad(`${path}.pixels`, `${pixels.length} numbers`, `${width} × ${height}`);
}

const section: Rule = (value, path) => {
  object({ type: text })(value, path);
  const { type } = value as { type: string };
  const check = Object.entries(sections).find(([name]) => name === type)?.[1];
  if (check === undefined)
    throw unknownName(`type of ${path}`, type.slice(0, 40), Object.keys(sections), "bad-file");
  check(value, path);
};

const report = object({
  format: rule('"cajal-report-1"', (value) => value === "cajal-report-1"),
  suite: text,
  title: text,
  seed: rule("a whole number", (value) => Number.isSafeInteger(value)),
  at: text,
  seconds: quantity,
  environment: object({ cpu: text, cores: whole, memory_gb: number, os: text }),
  versions: texts,
  // What of them is drawn; parseRecords says all.
  records: list(
    object({
      model: text,
      phase: text,
      ...place,
      batch: whole,
      median_ms: optional(quantity),
      p90_ms: optional(quantity),
    }),
  ),
  checks: list(object({ name: text, held: yesOrNo, got: text, expected: text })),
  sections: list(section),
});
