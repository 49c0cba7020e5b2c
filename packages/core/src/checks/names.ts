// Names that a user may mistype: the error lists the known ones, nearest first.
import { checkArgument } from "./checkArgument";
import { CajalError, type ErrorCode } from "./errors";
import { showValue } from "./showValue";

/** How many letters of a name count, and how many names are compared: what a user typed is short, a file may hold anything. */
const maxLetters = 100;
const maxCompared = 1_000;
/** How many names are listed in a message; all of them are in its facts. */
const maxListed = 30;

/**
 * `candidates`, ordered by edit distance to `name`; ties keep their order. Of long names the first 100
 * letters count; names after the first 1,000 are not compared and come last.
 */
export function nearest(name: string, candidates: Iterable<string>): string[] {
  checkArgument("nearest", "name", name, "string");
  checkArgument("nearest", "candidates", candidates, "iterable");
  const all = [...candidates];
  checkArgument("nearest", "candidates", all, "strings");
  const letters = (text: string) => text.slice(0, maxLetters).toLowerCase();
  const target = letters(name);
  return all
    .slice(0, maxCompared)
    .map((candidate) => ({ candidate, distance: editDistance(target, letters(candidate)) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate)
    .concat(all.slice(maxCompared));
}

/**
 * The error for a name that is not among `candidates`.
 *
 * @param what what the name should name, e.g. "layer class"
 */
export function unknownName(
  what: string,
  got: string,
  candidates: Iterable<string>,
  code: ErrorCode = "unknown-name",
): CajalError {
  const names = nearest(typeof got === "string" ? got : "", candidates);
  const more = names.length > maxListed ? ` and ${names.length - maxListed} more` : "";
  const list = `${names.slice(0, maxListed).join(", ")}${more}`;
  return new CajalError(
    code,
    `unknown ${what} ${showValue(got)}. ${names.length > 0 ? `Known, nearest first: ${list}` : "None is known"}.`,
    { what, got, known: names },
  );
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        next[j - 1]! + 1,
        row[j]! + 1,
        row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    row = next;
  }
  return row[b.length]!;
}
