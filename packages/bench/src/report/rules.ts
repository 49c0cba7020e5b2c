// What a value read from a file must be, put together from small rules.
import { CajalError } from "@cajal/core";

/** Complains of a value that is not as it should be; `path` says where in the report it stands. */
export type Rule = (value: unknown, path: string) => void;

export const bad = (path: string, got: string, expected: string, cause?: unknown) =>
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

export const rule =
  (expected: string, holds: (value: unknown) => boolean): Rule =>
  (value, path) => {
    if (!holds(value)) throw bad(path, kindOf(value), expected);
  };

export const text = rule("text", (value) => typeof value === "string");
/** Far beyond any measurement, and far from where sums overflow. */
export const number = rule(
  "a number",
  (value) => Number.isFinite(value) && Math.abs(Number(value)) < 1e100,
);
export const quantity = rule("a number of at least 0", (value) => isQuantity(value));
export const share = rule("a share, 0 … 1", (value) => isQuantity(value) && value <= 1);
/** What JSON makes of NaN and Infinity: a training run may have met them. */
export const quantityOrNull = rule(
  "a number of at least 0, or null",
  (value) => value === null || Number.isNaN(value) || value === Infinity || isQuantity(value),
);
export const whole = rule("a whole number of at least 0", (value) => isCount(value));
export const yesOrNo = rule("true or false", (value) => typeof value === "boolean");

const isQuantity = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value < 1e100;

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

/** No picture or table has more. */
const longest = 1_000_000;

export const list =
  (each: Rule): Rule =>
  (value, path) => {
    if (!Array.isArray(value)) throw bad(path, kindOf(value), "a list");
    if (value.length > longest) throw bad(path, `${value.length} entries`, `at most ${longest}`);
    value.forEach((entry, i) => each(entry, `${path}[${i}]`));
  };

export const optional =
  (inner: Rule): Rule =>
  (value, path) => {
    if (value !== undefined) inner(value, path);
  };

/** An object with at least these entries of its own. */
export const object =
  (entries: Readonly<Record<string, Rule>>): Rule =>
  (value, path) => {
    if (!isObject(value)) throw bad(path, kindOf(value), "an object");
    for (const [key, check] of Object.entries(entries))
      check(Object.hasOwn(value, key) ? value[key] : undefined, `${path}.${key}`);
  };

export const texts: Rule = (value, path) => {
  if (!isObject(value)) throw bad(path, kindOf(value), "an object");
  for (const [key, each] of Object.entries(value)) text(each, `${path}.${key}`);
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const place = { engine: text, device: text };

export const oneOf = (words: readonly string[]): Rule =>
  rule(`one of ${words.join(", ")}`, (value) => words.some((word) => word === value));
