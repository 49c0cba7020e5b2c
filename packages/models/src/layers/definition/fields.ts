// What a layer's config may hold: each field says its type, its default (Keras' own) and how a value
// is read. `positive()` is required, `positive(1)` has a default.
import { CajalError } from "@cajal/core";
import { activationOf } from "./activations";
import type { Place } from "./place";
import { readActivation } from "./readActivation";
import { showConfigValue } from "./shown";

export type { Place };

/** A field whose values are read to `Value` from what may be written as `Given`. */
export interface Field<Value = unknown, Raw = unknown, Required extends boolean = boolean> {
  readonly required: Required;
  readonly absent?: Value;
  /** @throws CajalError `bad-argument` */
  read(raw: unknown, at: Place): Value;
  /** Back to JSON, undefined where it is left out; values are JSON as they are where this is absent. */
  write?(value: Value): unknown;
  /** Only a type: what may be written. */
  readonly raw?: Raw;
}

export type Fields = Readonly<Record<string, Field>>;

/** What may be written for a field. */
export type RawOf<T> = T extends { readonly raw?: infer G } ? NonNullable<G> | NullIn<G> : never;
type NullIn<G> = null extends G ? null : never;

/** A config as layers see it: every field read. */
export type ConfigOf<F> = {
  readonly [K in keyof F]: F[K] extends { read(raw: unknown, at: Place): infer V } ? V : never;
};

/**
 * A config as one writes it: what has a default may be left out. Both parts walk over `keyof F` itself,
 * which is what keeps the fields' descriptions for whoever points at one.
 */
export type ConfigInput<F> = {
  readonly [K in keyof F as IsRequired<F[K]> extends true ? K : never]: RawOf<F[K]>;
} & {
  readonly [K in keyof F as IsRequired<F[K]> extends true ? never : K]?: RawOf<F[K]>;
};

type IsRequired<T> = T extends { readonly required: true } ? true : false;

export interface Maker<Value, Raw> {
  (): Field<Value, Raw, true>;
  (absent: Value): Field<Value, Raw, false>;
}

/** A kind of field; `expected` is said when a value is not of it. */
export function fieldOf<Value, Raw = Value>(
  expected: string,
  parse: (raw: unknown, at: Place) => Value | undefined,
  write?: (value: Value) => unknown,
): Maker<Value, Raw> {
  const read = (raw: unknown, at: Place) => {
    const value = parse(raw, at);
    if (value === undefined) throw refusal(raw, expected, at);
    return value;
  };
  function make(): Field<Value, Raw, true>;
  function make(absent: Value): Field<Value, Raw, false>;
  function make(...absent: [] | [Value]): Field<Value, Raw> {
    if (absent.length === 0) return { required: true, read, write };
    const [value] = absent;
    // TF.js writes null for what was never set, where null is not a value of its own.
    const readOrAbsent = (raw: unknown, at: Place) =>
      raw === null && parse(raw, at) === undefined ? value : read(raw, at);
    return { required: false, absent: value, read: readOrAbsent, write };
  }
  return make;
}

/** The error for a value that a field does not take. */
export const refusal = (raw: unknown, expected: string, { where, key }: Place) =>
  new CajalError(
    "bad-argument",
    `${where}, "${key}": got ${showConfigValue(raw)}, expected ${expected}.`,
    {
      where,
      key,
      got: raw,
      expected,
    },
  );

/** Whole numbers of a config fit into 32 bits, as extents do in every engine. */
const maxInteger = 2 ** 31 - 1;

const isWhole = (raw: unknown, min: number): raw is number =>
  typeof raw === "number" &&
  Number.isInteger(raw) &&
  raw >= Math.max(min, -maxInteger) &&
  raw <= maxInteger;

const isNumber = (raw: unknown): raw is number => typeof raw === "number" && Number.isFinite(raw);

/** A whole number of at least 1. */
export const positive = fieldOf("a whole number of at least 1", (raw) =>
  isWhole(raw, 1) ? raw : undefined,
);

/** A whole number of at least 1, or null. */
export const positiveOrNone = fieldOf<number | null>(
  "a whole number of at least 1, or null",
  (raw) => (raw === null || isWhole(raw, 1) ? raw : undefined),
);

/** A whole number; axes count from the end where it is negative. */
export const integer = fieldOf("a whole number", (raw) =>
  isWhole(raw, -Infinity) ? raw : undefined,
);

/** An axis: a whole number, which Keras 2 may write as a list of one. */
export const axis = fieldOf<number, number | readonly [number]>("a whole number", (raw) => {
  const [value]: unknown[] = Array.isArray(raw) && raw.length === 1 ? raw : [raw];
  return isWhole(value, -Infinity) ? value : undefined;
});

/** A seed or null; steps draw from the training's own seed, so this one is only kept. */
export const seed = fieldOf<number | null>("a whole number or null", (raw) =>
  raw === null || (typeof raw === "number" && Number.isSafeInteger(raw)) ? raw : undefined,
);

/** A finite number. */
export const real = fieldOf("a number", (raw) => (isNumber(raw) ? raw : undefined));

/** An upper limit of at least 0; null, or Infinity, for none. */
export const limitOrNone = fieldOf<number | null>("a number of at least 0, or null", (raw) => {
  if (raw === null || raw === Infinity) return null;
  return isNumber(raw) && raw >= 0 ? raw : undefined;
});

/** A number of at least 0. */
export const nonnegative = fieldOf("a number of at least 0", (raw) =>
  isNumber(raw) && raw >= 0 ? raw : undefined,
);

/** A number, or a list with one for each channel. */
export const reals = fieldOf<number | readonly number[]>("a number or a list of them", (raw) => {
  const list: unknown[] = Array.isArray(raw) ? raw : [raw];
  if (list.length === 0 || !list.every(isNumber)) return undefined;
  return Array.isArray(raw) ? list : list[0];
});

/** A share of a whole, 0 to 1. */
export const share = fieldOf("a number from 0 to 1", (raw) =>
  isNumber(raw) && raw >= 0 && raw <= 1 ? raw : undefined,
);

/** A share of a whole, 0 up to but without 1. */
export const rate = fieldOf("a number of at least 0 and below 1", (raw) =>
  isNumber(raw) && raw >= 0 && raw < 1 ? raw : undefined,
);

export const flag = fieldOf("true or false", (raw) => (typeof raw === "boolean" ? raw : undefined));

export const text = fieldOf("a text", (raw) => (typeof raw === "string" ? raw : undefined));

/** One of a few words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Maker<Word, Word> {
  return fieldOf<Word>(words.map((word) => JSON.stringify(word)).join(" or "), (raw) =>
    words.find((word) => word === raw),
  );
}

export type Pair = readonly [number, number];

const pairOf = (raw: unknown, min: number): Pair | undefined => {
  if (isWhole(raw, min)) return [raw, raw];
  if (!Array.isArray(raw) || raw.length !== 2) return undefined;
  const [a, b]: unknown[] = raw;
  return isWhole(a, min) && isWhole(b, min) ? [a, b] : undefined;
};

/** Height and width; one number stands for both. */
export const pair = fieldOf<Pair, number | Pair>(
  "a whole number of at least 1, or two: [height, width]",
  (raw) => pairOf(raw, 1),
);

/** As `pair`, or null for what the layer itself says. */
export const pairOrNone = fieldOf<Pair | null, number | Pair | null>(
  "null, a whole number of at least 1, or two: [height, width]",
  (raw) => (raw === null ? null : pairOf(raw, 1)),
);

/** As `pairOrNone`, of at least 0: what is added. */
export const addedPairOrNone = fieldOf<Pair | null, number | Pair | null>(
  "null, a whole number of at least 0, or two: [height, width]",
  (raw) => (raw === null ? null : pairOf(raw, 0)),
);

export type Single = readonly [number];

const singleOf = (raw: unknown, min: number): Single | undefined => {
  const [value]: unknown[] = Array.isArray(raw) && raw.length === 1 ? raw : [raw];
  return isWhole(value, min) ? [value] : undefined;
};

/** A whole number of at least 1, which Keras also writes as a list of one. */
export const single = fieldOf<Single, number | Single>("a whole number of at least 1", (raw) =>
  singleOf(raw, 1),
);

/** As `single`, or null for what the layer itself says. */
export const singleOrNone = fieldOf<Single | null, number | Single | null>(
  "null or a whole number of at least 1",
  (raw) => (raw === null ? null : singleOf(raw, 1)),
);

/** As `singleOrNone`, of at least 0: what is added. */
export const addedSingleOrNone = fieldOf<Single | null, number | Single | null>(
  "null or a whole number of at least 0",
  (raw) => (raw === null ? null : singleOf(raw, 0)),
);

export type Triple = readonly [number, number, number];

const tripleOf = (raw: unknown, min: number): Triple | undefined => {
  if (isWhole(raw, min)) return [raw, raw, raw];
  if (!Array.isArray(raw) || raw.length !== 3) return undefined;
  const [a, b, c]: unknown[] = raw;
  return isWhole(a, min) && isWhole(b, min) && isWhole(c, min) ? [a, b, c] : undefined;
};

/** Depth, height and width; one number stands for all. */
export const triple = fieldOf<Triple, number | Triple>(
  "a whole number of at least 1, or three: [depth, height, width]",
  (raw) => tripleOf(raw, 1),
);

/** As `triple`, or null for what the layer itself says. */
export const tripleOrNone = fieldOf<Triple | null, number | Triple | null>(
  "null, a whole number of at least 1, or three: [depth, height, width]",
  (raw) => (raw === null ? null : tripleOf(raw, 1)),
);

/** As `tripleOrNone`, of at least 0: what is added. */
export const addedTripleOrNone = fieldOf<Triple | null, number | Triple | null>(
  "null, a whole number of at least 0, or three: [depth, height, width]",
  (raw) => (raw === null ? null : tripleOf(raw, 0)),
);

/** What is added to or cut from a sequence: `n` at both ends, or `[start, end]`. */
export const ends = fieldOf<Pair, number | Pair>(
  "n or [start, end], whole numbers of at least 0",
  (raw) => pairOf(raw, 0),
);

export type Borders = readonly [rows: Pair, columns: Pair];

/** What is added or cut: `n`, `[rows, columns]` or `[[top, bottom], [left, right]]`. */
export const borders = fieldOf<Borders, number | Pair | Borders>(
  "n, [rows, columns] or [[top, bottom], [left, right]], whole numbers of at least 0",
  (raw) => {
    const [rows, columns]: unknown[] = Array.isArray(raw) && raw.length === 2 ? raw : [raw, raw];
    const read = [pairOf(rows, 0), pairOf(columns, 0)];
    return read[0] && read[1] ? [read[0], read[1]] : undefined;
  },
);

/** What is added to or cut from a volume: `n`, `[depth, height, width]` or `[before, after]` of each. */
export const borders3d = fieldOf<readonly Pair[], number | Triple | readonly Pair[]>(
  "n, [depth, height, width] or [[before, after], …], whole numbers of at least 0",
  (raw) => {
    const sides: unknown[] = Array.isArray(raw) && raw.length === 3 ? raw : [raw, raw, raw];
    const read = sides.flatMap((side) => {
      const pair = pairOf(side, 0);
      return pair ? [pair] : [];
    });
    return read.length === 3 ? read : undefined;
  },
);

/** Whole numbers, e.g. axes or a shape; one may stand for a list of one. */
export const integers = fieldOf<readonly number[], number | readonly number[]>(
  "whole numbers",
  (raw) => {
    const list: unknown[] = Array.isArray(raw) ? raw : [raw];
    return list.every((each) => isWhole(each, -Infinity)) ? list : undefined;
  },
);

/** As `integers`, or null. */
export const integersOrNone = fieldOf<readonly number[] | null, number | readonly number[] | null>(
  "null or whole numbers",
  (raw) => {
    if (raw === null) return null;
    const list: unknown[] = Array.isArray(raw) ? raw : [raw];
    return list.every((each) => isWhole(each, -Infinity)) ? list : undefined;
  },
);

/** A Keras object such as an initializer: its name, or class name and config; null for none. */
export type KerasObject =
  | string
  | { readonly class_name: string; readonly config: Readonly<Record<string, unknown>> }
  | null;

/**
 * An initializer, regularizer or constraint, as Keras writes it. What it does is up to whoever
 * initializes or trains; here it is only read and passed on with the weight.
 */
export const kerasObject = fieldOf<KerasObject>(
  'a name, { "class_name", "config" } or null',
  (raw) => {
    if (raw === null || typeof raw === "string") return raw;
    if (typeof raw !== "object" || !("class_name" in raw)) return undefined;
    const { class_name } = raw;
    const config = ("config" in raw ? raw.config : undefined) ?? {};
    if (typeof class_name !== "string" || typeof config !== "object" || Array.isArray(config))
      return undefined;
    return { class_name, config: { ...config } };
  },
);

/** What Cajal does not do: only the value that means "not used" is accepted. */
const refuse = <Value extends number | boolean>(neutral: Value, why: string) =>
  fieldOf<Value>(`${neutral}: ${why}`, (raw) => (raw === neutral ? neutral : undefined))(neutral);

/** A flag that must be false. */
export const never = (why: string) => refuse(false, why);

/** A number that must be 0. */
export const zero = (why: string) => refuse(0, why);

/** A value that changes nothing here and is only kept. */
export const kept = fieldOf<unknown>("anything", (raw) => raw ?? null);

export type DataFormat = "channels_last" | "channels_first";

/** Where channels lie in what comes in and goes out, as in Keras: last, or right after the batch. */
export const dataFormat = fieldOf<DataFormat, DataFormat | null>(
  '"channels_last" or "channels_first"',
  (raw) => {
    if (raw === null) return "channels_last";
    return raw === "channels_last" || raw === "channels_first" ? raw : undefined;
  },
);

/** An activation's name, in Keras 3's spelling; null is linear. A layer in its place has a name made of its config. */
export const activation = fieldOf<string, string | null>(
  "the name of an activation",
  readActivation,
  (name) => activationOf(name)?.layer ?? name,
);
