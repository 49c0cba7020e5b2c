import { type ArgumentKind } from "./checkArgument";
import { type NumberRange } from "./checkNumbers";
/**
 * What an option may be: a kind of argument (`"boolean"`, `"signal"` …), numbers of a range, one of some
 * words; `true` where the function looks itself.
 */
export type OptionKind = ArgumentKind | (NumberRange & {
    readonly whole?: true;
}) | readonly string[] | true;
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
export declare function optionsOf<Options extends object>(kinds: OptionKinds<Options>): OptionKinds<Options>;
/**
 * Refuses options that are not known, and values that are not of an option's kind; options are never silently
 * skipped. What is undefined is left out.
 *
 * @param where the function or command the options were given to, for the message
 * @param known their kinds, or their names alone
 * @throws CajalError `unknown-option`; `bad-argument` for a value of another kind, and for what is no object;
 *   `unknown-name` for a word that is none of those that an option may be
 */
export declare function checkOptions(where: string, options: object, known: Readonly<Record<string, OptionKind>> | readonly string[]): void;
