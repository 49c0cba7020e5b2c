// The options of a function as one record: the name of each, and the values that it allows.
import { checkArgument, type ArgumentKind } from "./checkArgument";
import { checkInteger, checkNumber, type NumberRange } from "./checkNumbers";
import { CajalError } from "./errors";
import { unknownName } from "./names";
import { showValue } from "./showValue";

/**
 * What an option may be: a kind of argument (`"boolean"`, `"signal"` …), numbers within a range, or one of a
 * list of words; `true` where the function checks it itself.
 */
export type OptionKind =
  | ArgumentKind
  | (NumberRange & { readonly whole?: true })
  | readonly string[]
  | true;

/** A kind for each option of a function. */
export type OptionKinds<Options extends object> = {
  readonly [Name in keyof Required<Options>]: OptionKind;
};

/**
 * The options of a function for {@link checkOptions}: the compiler checks that they are exactly those of the
 * type.
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
 * Checks the names and values of options; unknown options are errors, never silently skipped. Options that
 * are undefined count as left out.
 *
 * @param where name of the function or command, for the message
 * @param expected their kinds by name, or a list of names
 * @throws CajalError `unknown-option`; `bad-argument` for a value of another kind, and where `options` is not an
 *   object; `unknown-name` for a word that is not in an option's list
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
