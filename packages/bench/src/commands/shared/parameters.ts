// Options and arguments of commands: their help, how text is parsed, and the type of the result.
import { InvalidArgumentError } from "commander";

/** An option or a positional argument; `T` is the type that the command's `run` receives. */
export interface Parameter<T> {
  readonly help: string;
  /** Placeholder of an option's value in the help: `<n>`; absent for a flag. */
  readonly placeholder?: string;
  readonly default?: T;
  readonly required?: boolean;
  readonly choices?: readonly string[];
  /** Whether the argument takes all remaining words. */
  readonly many?: boolean;
  /** Whether the flag is on unless `--no-…` is given. */
  readonly negated?: boolean;
  /** @throws InvalidArgumentError */
  readonly parse?: (text: string) => T;
}

export type Parameters = Readonly<Record<string, Parameter<unknown>>>;

type ValueOf<P> = P extends Parameter<infer T> ? T : never;

/** The values that a record of parameters describes; parameters that may be left out are optional. */
export type ValuesOf<P extends Parameters> = {
  readonly [Name in keyof P as undefined extends ValueOf<P[Name]> ? never : Name]: ValueOf<P[Name]>;
} & {
  readonly [Name in keyof P as undefined extends ValueOf<P[Name]> ? Name : never]?: ValueOf<
    P[Name]
  >;
};

interface Settings<T> {
  readonly default?: T;
  readonly required?: boolean;
}

/** A parameter with a default, or a required one, always has a value. */
type Value<T, S> = S extends { readonly default: T } | { readonly required: true }
  ? T
  : T | undefined;

/** A positional argument of one word. */
export const argument = <S extends Settings<string>>(
  help: string,
  settings?: S,
): Parameter<Value<string, S>> => ({ help, ...settings }) as Parameter<Value<string, S>>;

/** A positional argument of all remaining words. */
export const words = (
  help: string,
  settings?: { readonly required?: boolean },
): Parameter<readonly string[]> => ({ help, ...settings, many: true });

/** One of several words, as a positional argument or as the value of an option. */
export const choice = <const T extends string, D extends T | undefined = undefined>(
  help: string,
  choices: readonly T[],
  settings?: { readonly default?: D; readonly placeholder?: string },
): Parameter<D extends undefined ? T | undefined : T> =>
  ({ help, choices, ...settings }) as Parameter<D extends undefined ? T | undefined : T>;

export const text = <S extends Settings<string>>(
  placeholder: string,
  help: string,
  settings?: S,
): Parameter<Value<string, S>> =>
  ({ placeholder, help, ...settings }) as Parameter<Value<string, S>>;

/** An option whose value may be left out; then it is true. */
export const optionalText = (
  placeholder: string,
  help: string,
): Parameter<string | true | undefined> => ({ placeholder, help });

export const flag = (help: string): Parameter<boolean | undefined> => ({ help });

/** True unless `--no-…` is given. */
export const negatedFlag = (help: string): Parameter<boolean> => ({ help, negated: true });

/** A whole number. */
export const number = <S extends { readonly least: number; readonly default?: number }>(
  placeholder: string,
  help: string,
  { least, ...settings }: S,
): Parameter<Value<number, S>> =>
  ({
    placeholder,
    help,
    ...settings,
    parse(word: string) {
      const value = Number(word);
      if (word.trim() === "" || !Number.isSafeInteger(value) || value < least)
        throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
      return value;
    },
  }) as Parameter<Value<number, S>>;

/** A number of at least 0. */
export const fraction = <S extends Settings<number>>(
  placeholder: string,
  help: string,
  settings?: S,
): Parameter<Value<number, S>> =>
  ({
    placeholder,
    help,
    ...settings,
    parse(word: string) {
      const value = Number(word);
      if (word.trim() === "" || !Number.isFinite(value) || value < 0)
        throw new InvalidArgumentError("Expected a number of at least 0.");
      return value;
    },
  }) as Parameter<Value<number, S>>;

/** Names separated by commas. */
export const list = <S extends Settings<readonly string[]>>(
  placeholder: string,
  help: string,
  settings?: S,
): Parameter<Value<readonly string[], S>> =>
  ({
    placeholder,
    help,
    ...settings,
    parse(word: string) {
      const names = word.split(",").map((name) => name.trim());
      if (names.includes("")) throw new InvalidArgumentError("Expected names separated by commas.");
      return names;
    },
  }) as Parameter<Value<readonly string[], S>>;

/** Whole numbers separated by commas; `count` of them, where it is given. */
export const numbers = <
  S extends Settings<readonly number[]> & { readonly least: number; readonly count?: number },
>(
  placeholder: string,
  help: string,
  { least, count, ...settings }: S,
): Parameter<Value<readonly number[], S>> =>
  ({
    placeholder,
    help,
    ...settings,
    parse(word: string) {
      const values = word.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
      const isRight = values.every((value) => Number.isSafeInteger(value) && value >= least);
      if (!isRight || (count !== undefined && values.length !== count))
        throw new InvalidArgumentError(`Expected ${count === undefined ? "" : `${count} `}whole numbers of at least ${least}, separated by commas.`); // prettier-ignore
      return values;
    },
  }) as Parameter<Value<readonly number[], S>>;
