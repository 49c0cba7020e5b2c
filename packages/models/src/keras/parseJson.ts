// Text of a file as JSON. Keras writes with Python's json module, which writes NaN and Infinity as they
// are, and editors on Windows put a byte order mark before it or save it as UTF-16.
import { CajalError, checkArgument } from "@cajal/core";

/**
 * What the text says, NaN, Infinity and -Infinity among its numbers.
 *
 * @param text or the bytes of a file: UTF-8, or UTF-16 where it begins with a byte order mark
 * @throws CajalError `bad-file`
 */
export function parseJson(text: string | Uint8Array): unknown {
  if (typeof text !== "string") checkArgument("parseJson", "text", text, "bytes");
  const read = typeof text === "string" ? text : decoded(text);
  const clean = read.startsWith("\uFEFF") ? read.slice(1) : read;
  try {
    return JSON.parse(clean);
  } catch (cause) {
    const withoutInfinities = withNumbers(clean);
    if (withoutInfinities !== undefined) return withoutInfinities;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CajalError(
      "bad-file",
      `the model is not JSON: ${why}.${advice(read)}`,
      {},
      { cause },
    );
  }
}

/** Begins what stands for a number that JSON does not have; no text of a file holds it. */
const numberMark = "\u0000number ";

/**
 * A value as JSON, NaN and the infinities among its numbers, for which `JSON.stringify` has null: NaN as Python's json
 * module writes and reads it, infinities as numbers so large that all who read JSON take them for infinite.
 *
 * @param change what is written in the place of a value, by its key
 * @example writeJson({ axis: -1, initial: -Infinity }); // {"axis":-1,"initial":-1e999}
 */
export function writeJson(
  value: object,
  change: (key: string, value: unknown) => unknown = (_, each) => each,
): string {
  checkArgument("writeJson", "value", value, "object");
  checkArgument("writeJson", "change", change, "function");
  const marked = JSON.stringify(value, (key, each: unknown) => {
    const written = change(key, each);
    return typeof written === "number" && !Number.isFinite(written)
      ? numberMark + written
      : written;
  });
  return marked.replaceAll(
    /"\\u0000number (NaN|(-?)Infinity)"/g,
    (_, number: string, sign: string) => (number === "NaN" ? number : `${sign}1e999`),
  );
}

/** JSON with Python's NaN and Infinity; undefined where it is none either. */
function withNumbers(text: string): unknown {
  if (!/NaN|Infinity/.test(text)) return undefined;
  // What strings say stays. A string as one match would be more than the stack of expressions holds where it is long.
  let inString = false;
  const markedText = text.replaceAll(/\\.|"|-?Infinity\b|\bNaN\b/g, (match) => {
    if (match === '"') inString = !inString;
    return inString || /^["\\]/.test(match) ? match : JSON.stringify(numberMark + match);
  });
  try {
    return JSON.parse(markedText, (_, value: unknown) =>
      typeof value === "string" && value.startsWith(numberMark)
        ? Number(value.slice(numberMark.length))
        : value,
    );
  } catch {
    return undefined;
  }
}

function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe
      ? "utf-16le"
      : first === 0xfe && second === 0xff
        ? "utf-16be"
        : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

/** Every other byte of UTF-16 is 0 where the text is ASCII. */
const advice = (text: string) =>
  text.slice(0, 40).includes("\u0000")
    ? " It looks like UTF-16 that was read as UTF-8: give the file's bytes, which say what they are."
    : "";
