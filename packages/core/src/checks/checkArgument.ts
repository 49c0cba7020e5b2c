// Checks of arguments. TypeScript checks them at compile time; this is for JavaScript, for the results of
// JSON.parse, and for casts.
import { CajalError } from "./errors";
import { showValue } from "./showValue";

const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const has = (value: unknown, ...methods: readonly PropertyKey[]): boolean =>
  isObject(value) && methods.every((name) => typeof Reflect.get(value, name) === "function");

/**
 * Each kind of argument: its name in messages, and whether a value is of it. Values are recognized by their
 * methods, not by their class: they may come from another realm (a worker, an iframe, a test runner).
 */
const kinds = {
  string: ["a string", (value) => typeof value === "string"],
  /** Path of a file; the system allows none with a NUL. */
  path: [
    "a path, text that is not empty",
    (value) => typeof value === "string" && value !== "" && !value.includes("\0"),
  ],
  boolean: ["true or false", (value) => typeof value === "boolean"],
  function: ["a function", (value) => typeof value === "function"],
  object: ["an object", (value) => isObject(value) && !Array.isArray(value)],
  array: ["an array", Array.isArray],
  strings: [
    "an array of strings",
    (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
  ],
  bytes: ["bytes (a Uint8Array)", (value) => tagOf(value) === "Uint8Array"],
  blob: ["a Blob or File", (value) => has(value, "slice", "arrayBuffer")],
  map: ["a Map", (value) => has(value, "get", "has", "keys", Symbol.iterator)],
  iterable: [
    "an iterable, e.g. an array",
    (value) => typeof value === "string" || has(value, Symbol.iterator),
  ],
  asyncIterable: [
    "an iterable, e.g. an array or an async generator",
    (value) => has(value, Symbol.asyncIterator) || has(value, Symbol.iterator),
  ],
  signal: ["an AbortSignal", (value) => has(value, "addEventListener", "throwIfAborted")],
} satisfies Record<string, readonly [words: string, is: (value: unknown) => boolean]>;

/** What {@link checkArgument} can ask for. */
export type ArgumentKind = keyof typeof kinds;

/**
 * Checks the kind of an argument or option.
 *
 * @param where name of the function or command, for the message
 * @param name of the argument or option
 * @throws CajalError `bad-argument`
 * @example checkArgument("readTar", "chunks", chunks, "asyncIterable");
 */
export function checkArgument(
  where: string,
  name: string,
  value: unknown,
  kind: ArgumentKind,
): void {
  if (!Object.hasOwn(kinds, kind))
    throw new CajalError(
      "bad-argument",
      `checkArgument: got kind ${showValue(kind)}, expected one of ${Object.keys(kinds).join(", ")}.`,
    );
  const [words, is] = kinds[kind];
  if (!is(value))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${showValue(value)} as ${name}, expected ${words}.`,
      { where, name },
    );
}
