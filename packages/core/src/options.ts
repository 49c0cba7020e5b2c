// The options of a function as one record: what they are called, and what each may be.
import { checkArgument, type ArgumentKind } from "./checkArgument";
import { checkInteger, checkNumber, type NumberRange } from "./checkNumbers";
import { CajalError } from "./errors";
import { unknownName } from "./names";
import { showValue } from "./showValue";

/**
 * What an option may be: a kind of argument (`"boolean"`, `"signal"` …), numbers of a range, one of some
 * words; `true` where the function looks itself.
 */
export type OptionKind =
  ArgumentKind | (NumberRange & { readonly whole?: true }) | readonly string[] | true;

/** A kind for each option of a function. */
export type OptionKinds<Options extends object> = {
  readonly [Name in keyof Required<Options>]: OptionKind;
};

/**
 * The options of a function for {@link checkOptions}: the compiler sees to it that all of a type's are there,
 * and no others.
 *
 * @example
 * const options = optionsOf<{ seed?: number; signal?: AbortSignal }>({ seed: { whole: true }, signal: "signal" })
 */
export function optionsOf<Options extends object>(
  kinds: OptionKinds<Options>,
): OptionKinds<Options> {
  checkArgument("optionsOf", "kinds", kinds, "object");
  return kinds;
}

/**
 * Refuses options that are not known, and values that are not of an option's kind; options are never silently
 * skipped. What is undefined is left out.
 *
 * @param where the function or command the options were given to, for the message
 * @param expected their kinds, or their names alone
 * @throws CajalError `unknown-option`; `bad-argument` for a value of another kind, and for what is no object;
 *   `unknown-name` for a word that is none of those that an option may be
 */
export function checkOptions(
  where: string,
  options: object,
  expected: Readonly<Record<string, OptionKind>> | readonly string[],
): void {
  if (!Array.isArray(expected)) checkArgument("checkOptions", "expected", expected, "object");
  const kinds = new Map(
    Array.isArray(expected)
      ? expected.map((name: string): [string, OptionKind] => [name, true])
      : Object.entries(expected as Readonly<Record<string, OptionKind>>),
  );
  const names = [...kinds.keys()];
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${showValue(options)}, expected an object with options: { ${names.slice(0, 4).join(", ")}${names.length > 4 ? ", …" : ""} }.`,
      { where },
    );
  for (const [name, value] of Object.entries(options)) {
    const kind = kinds.get(name);
    if (kind === undefined) throw unknownName(`option of ${where}`, name, names, "unknown-option");
    if (value !== undefined && kind !== true) checkOption(where, name, value, kind);
  }
}

function checkOption(
  where: string,
  name: string,
  value: unknown,
  kind: Exclude<OptionKind, true>,
): void {
  if (typeof kind !== "object" || kind === null) checkArgument(where, name, value, kind);
  else if (Array.isArray(kind)) {
    if (!kind.includes(value)) throw unknownName(`${name} of ${where}`, value as string, kind);
  } else if ("whole" in kind) checkInteger(where, name, value, kind);
  else checkNumber(where, name, value, kind as NumberRange);
}
