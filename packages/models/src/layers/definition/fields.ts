// What a layer's config may hold: each field says its type, its default (Keras' own) and how a value
// is read. `positive()` is required, `positive(1)` has a default.
import { CajalError, unknownName } from "@cajal/core";
import { shown } from "./shown";
import { activationNames, canonicalActivation } from "../shared/activations";

/** A field whose values are read to `Value` from what may be written as `Given`. */
export interface Field<Value = unknown, Given = unknown, Required extends boolean = boolean> {
  readonly required: Required;
  readonly absent?: Value;
  /** @throws CajalError `bad-argument` */
  read(given: unknown, at: Place): Value;
  /** Back to JSON; values are JSON as they are where this is absent. */
  write?(value: Value): unknown;
  /** Only a type: what may be written. */
  readonly given?: Given;
}

/** Where a field stands, for messages and for fields that hold layers. */
export interface Place {
  /** `layer "conv" (Conv2D)` */
  readonly where: string;
  readonly key: string;
  /** Reads a layer within a layer's config (an `InnerLayer`, see layerField.ts); undefined where it is none. */
  readonly layer: (given: unknown, at: Place) => object | undefined;
}

export type Fields = Readonly<Record<string, Field>>;

type GivenOf<T> = T extends { readonly given?: infer G } ? NonNullable<G> | NullIn<G> : never;
type NullIn<G> = null extends G ? null : never;

/** A config as layers see it: every field read. */
export type ConfigOf<F> = {
  readonly [K in keyof F]: F[K] extends { read(given: unknown, at: Place): infer V } ? V : never;
};

/**
 * A config as one writes it: what has a default may be left out. Both parts walk over `keyof F` itself,
 * which is what keeps the fields' descriptions for whoever points at one.
 */
export type ConfigInput<F> = {
  readonly [K in keyof F as IsRequired<F[K]> extends true ? K : never]: GivenOf<F[K]>;
} & {
  readonly [K in keyof F as IsRequired<F[K]> extends true ? never : K]?: GivenOf<F[K]>;
};

type IsRequired<T> = T extends { readonly required: true } ? true : false;

export interface Maker<Value, Given> {
  (): Field<Value, Given, true>;
  (absent: Value): Field<Value, Given, false>;
}

/** A kind of field; `expected` is said when a value is not of it. */
export function fieldOf<Value, Given = Value>(
  expected: string,
  parse: (given: unknown, at: Place) => Value | undefined,
  write?: (value: Value) => unknown,
): Maker<Value, Given> {
  const read = (given: unknown, at: Place) => {
    const value = parse(given, at);
    if (value === undefined) throw refused(given, expected, at);
    return value;
  };
  function make(): Field<Value, Given, true>;
  function make(absent: Value): Field<Value, Given, false>;
  function make(...absent: [] | [Value]): Field<Value, Given> {
    if (absent.length === 0) return { required: true, read, write };
    const [value] = absent;
    // TF.js writes null for what was never set, where null is not a value of its own.
    const readOrAbsent = (given: unknown, at: Place) =>
      given === null && parse(given, at) === undefined ? value : read(given, at);
    return { required: false, absent: value, read: readOrAbsent, write };
  }
  return make;
}

/** The error for a value that a field does not take. */
export const refused = (given: unknown, expected: string, { where, key }: Place) =>
  new CajalError("bad-argument", `${where}, "${key}": got ${shown(given)}, expected ${expected}.`, {
    where,
    key,
    got: given,
    expected,
  });

/** Whole numbers of a config fit into 32 bits, as extents do in every engine. */
const most = 2 ** 31 - 1;

const isWhole = (given: unknown, least: number): given is number =>
  typeof given === "number" &&
  Number.isInteger(given) &&
  given >= Math.max(least, -most) &&
  given <= most;

const isNumber = (given: unknown): given is number =>
  typeof given === "number" && Number.isFinite(given);

/** A whole number of at least 1. */
export const positive = fieldOf("a whole number of at least 1", (given) =>
  isWhole(given, 1) ? given : undefined,
);

/** A whole number; axes count from the end where it is negative. */
export const integer = fieldOf("a whole number", (given) =>
  isWhole(given, -Infinity) ? given : undefined,
);

/** An axis: a whole number, which Keras 2 may write as a list of one. */
export const axis = fieldOf<number, number | readonly [number]>("a whole number", (given) => {
  const [value]: unknown[] = Array.isArray(given) && given.length === 1 ? given : [given];
  return isWhole(value, -Infinity) ? value : undefined;
});

/** A seed or null; steps draw from the training's own seed, so this one is only kept. */
export const seed = fieldOf<number | null>("a whole number or null", (given) =>
  given === null || (typeof given === "number" && Number.isSafeInteger(given)) ? given : undefined,
);

/** A finite number. */
export const real = fieldOf("a number", (given) => (isNumber(given) ? given : undefined));

/** An upper limit of at least 0; null, or Infinity, for none. */
export const limitOrNone = fieldOf<number | null>("a number of at least 0, or null", (given) => {
  if (given === null || given === Infinity) return null;
  return isNumber(given) && given >= 0 ? given : undefined;
});

/** A number of at least 0. */
export const nonnegative = fieldOf("a number of at least 0", (given) =>
  isNumber(given) && given >= 0 ? given : undefined,
);

/** A number, or a list with one for each channel. */
export const reals = fieldOf<number | readonly number[]>("a number or a list of them", (given) => {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0 || !list.every(isNumber)) return undefined;
  return Array.isArray(given) ? list : list[0];
});

/** A share of a whole, 0 to 1. */
export const share = fieldOf("a number from 0 to 1", (given) =>
  isNumber(given) && given >= 0 && given <= 1 ? given : undefined,
);

/** A share of a whole, 0 up to but without 1. */
export const rate = fieldOf("a number of at least 0 and below 1", (given) =>
  isNumber(given) && given >= 0 && given < 1 ? given : undefined,
);

export const flag = fieldOf("true or false", (given) =>
  typeof given === "boolean" ? given : undefined,
);

export const text = fieldOf("a text", (given) => (typeof given === "string" ? given : undefined));

/** One of a few words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Maker<Word, Word> {
  return fieldOf<Word>(words.map((word) => JSON.stringify(word)).join(" or "), (given) =>
    words.find((word) => word === given),
  );
}

export type Pair = readonly [number, number];

const pairOf = (given: unknown, least: number): Pair | undefined => {
  if (isWhole(given, least)) return [given, given];
  if (!Array.isArray(given) || given.length !== 2) return undefined;
  const [a, b]: unknown[] = given;
  return isWhole(a, least) && isWhole(b, least) ? [a, b] : undefined;
};

/** Height and width; one number stands for both. */
export const pair = fieldOf<Pair, number | Pair>(
  "a whole number of at least 1, or two: [height, width]",
  (given) => pairOf(given, 1),
);

/** As `pair`, or null for what the layer itself says. */
export const pairOrNone = fieldOf<Pair | null, number | Pair | null>(
  "null, a whole number of at least 1, or two: [height, width]",
  (given) => (given === null ? null : pairOf(given, 0)),
);

/** A whole number of at least 1, which Keras also writes as a list of one. */
export const single = fieldOf<readonly [number], number | readonly [number]>(
  "a whole number of at least 1",
  (given) => {
    const [value]: unknown[] = Array.isArray(given) && given.length === 1 ? given : [given];
    return isWhole(value, 1) ? [value] : undefined;
  },
);

/** As `single`, or null for what the layer itself says. */
export const singleOrNone = fieldOf<readonly [number] | null, number | readonly [number] | null>(
  "null or a whole number of at least 1",
  (given) => {
    if (given === null) return null;
    const [value]: unknown[] = Array.isArray(given) && given.length === 1 ? given : [given];
    return isWhole(value, 1) ? [value] : undefined;
  },
);

export type Triple = readonly [number, number, number];

const tripleOf = (given: unknown): Triple | undefined => {
  if (isWhole(given, 1)) return [given, given, given];
  if (!Array.isArray(given) || given.length !== 3) return undefined;
  const [a, b, c]: unknown[] = given;
  return isWhole(a, 1) && isWhole(b, 1) && isWhole(c, 1) ? [a, b, c] : undefined;
};

/** Depth, height and width; one number stands for all. */
export const triple = fieldOf<Triple, number | Triple>(
  "a whole number of at least 1, or three: [depth, height, width]",
  tripleOf,
);

/** As `triple`, or null for what the layer itself says. */
export const tripleOrNone = fieldOf<Triple | null, number | Triple | null>(
  "null, a whole number of at least 1, or three: [depth, height, width]",
  (given) => (given === null ? null : tripleOf(given)),
);

/** What is added to or cut from a sequence: `n` at both ends, or `[start, end]`. */
export const ends = fieldOf<Pair, number | Pair>(
  "n or [start, end], whole numbers of at least 0",
  (given) => pairOf(given, 0),
);

export type Borders = readonly [rows: Pair, columns: Pair];

/** What is added or cut: `n`, `[rows, columns]` or `[[top, bottom], [left, right]]`. */
export const borders = fieldOf<Borders, number | Pair | Borders>(
  "n, [rows, columns] or [[top, bottom], [left, right]], whole numbers of at least 0",
  (given) => {
    const [rows, columns]: unknown[] =
      Array.isArray(given) && given.length === 2 ? given : [given, given];
    const read = [pairOf(rows, 0), pairOf(columns, 0)];
    return read[0] && read[1] ? [read[0], read[1]] : undefined;
  },
);

/** Whole numbers, e.g. axes or a shape; one may stand for a list of one. */
export const integers = fieldOf<readonly number[], number | readonly number[]>(
  "whole numbers",
  (given) => {
    const list: unknown[] = Array.isArray(given) ? given : [given];
    return list.every((each) => isWhole(each, -Infinity)) ? list : undefined;
  },
);

/** As `integers`, or null. */
export const integersOrNone = fieldOf<readonly number[] | null, number | readonly number[] | null>(
  "null or whole numbers",
  (given) => {
    if (given === null) return null;
    const list: unknown[] = Array.isArray(given) ? given : [given];
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
  (given) => {
    if (given === null || typeof given === "string") return given;
    if (typeof given !== "object" || !("class_name" in given)) return undefined;
    const { class_name } = given;
    const config = ("config" in given ? given.config : undefined) ?? {};
    if (typeof class_name !== "string" || typeof config !== "object" || Array.isArray(config))
      return undefined;
    return { class_name, config: { ...config } };
  },
);

/** What Cajal does not do: only the value that means "not used" is accepted. */
const refuse = <Value extends number | boolean>(neutral: Value, why: string) =>
  fieldOf<Value>(`${neutral}: ${why}`, (given) => (given === neutral ? neutral : undefined))(
    neutral,
  );

/** A flag that must be false. */
export const never = (why: string) => refuse(false, why);

/** A number that must be 0. */
export const zero = (why: string) => refuse(0, why);

/** A value that changes nothing here and is only kept. */
export const kept = fieldOf<unknown>("anything", (given) => given ?? null);

/** Images are channels last at every door; the lowering alone turns them. */
export const dataFormat = fieldOf<"channels_last">(
  '"channels_last" (Cajal holds images as [batch, height, width, channels]; inside ONNX graphs the lowering turns them by itself)',
  (given) => (given === "channels_last" || given === null ? "channels_last" : undefined),
);

/** An activation's name, in Keras 3's spelling; null is linear. */
export const activation = fieldOf<string, string | null>(
  "the name of an activation",
  (given, at) => {
    let name: unknown = given ?? "linear";
    // Keras 3 may write {"module": "builtins", "class_name": "function", "config": "relu"}.
    if (
      typeof name === "object" &&
      name !== null &&
      "config" in name &&
      typeof name.config === "string"
    )
      name = name.config;
    if (typeof name !== "string") return undefined;
    const canonical = canonicalActivation(name);
    if (!activationNames.includes(canonical)) {
      const error = unknownName("activation", name, activationNames);
      throw new CajalError(
        "unknown-name",
        `${at.where}, "${at.key}": ${error.message}`,
        error.facts,
      );
    }
    return canonical;
  },
);
