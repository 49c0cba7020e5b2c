// Labels of images, as tables and archives have them, as class numbers.
import { CajalError, showValue, unknownName } from "@cajal/core";
import { byCodePoint } from "./classFolders";

/** A label, and what to call where it stands: `labels.csv: cat/1.jpg`. */
export interface Label {
  readonly value: unknown;
  readonly where: string;
}

/** The largest that int32 holds. */
const most = 2 ** 31 - 1;

/**
 * Class numbers of labels, and the names of the classes where there are some.
 *
 * Labels that are all numbers are the class numbers themselves, unless `classes` has names for them; others, also text
 * such as 1e5, are names, numbered as `classes` has them or, without it, in sorted order.
 *
 * @throws CajalError `bad-file` for a label that is no text and no number, for one that is none of `classes`, and for
 *   numbers that are not whole, 0 … 2³¹ − 1, and below the number of classes
 */
export function classNumbers(
  labels: readonly Label[],
  classes?: readonly string[],
): { numbers: number[]; classes?: readonly string[] } {
  if (labels.every(({ value }) => isNumber(value)) && !classes?.some(isNumber)) {
    const numbers = wholeNumbers(
      labels,
      classes,
      "Where such labels are names, list them as classes.",
    );
    return { numbers, ...(classes && { classes }) };
  }
  return namedClasses(labels, classes);
}

/** Labels that are names, whatever they look like: numbered as `classes` has them, or in sorted order. */
export function namedClasses(
  labels: readonly Label[],
  classes?: readonly string[],
): { numbers: number[]; classes: readonly string[] } {
  const texts = labels.map(textOf);
  const names = classes ?? [...new Set(texts)].sort(byCodePoint);
  const byName = new Map(names.map((name, i) => [name, i]));
  const numbers = texts.map((text, i) => {
    const number = byName.get(text);
    if (number === undefined) throw unknownName(`class of ${labels[i]!.where}`, text, names, "bad-file"); // prettier-ignore
    return number;
  });
  return { numbers, classes: names };
}

/**
 * Labels that are class numbers.
 *
 * @param advice for numbers that are none
 */
export function wholeNumbers(
  labels: readonly Label[],
  classes?: readonly string[],
  advice = "",
): number[] {
  const last = classes ? classes.length - 1 : most;
  return labels.map(({ value, where }) => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < 0 || number > last)
      throw new CajalError("bad-file", `${where}: got the label ${String(value)}, expected a whole number, 0 … ${last}${classes ? `, of the ${classes.length} classes.` : `. ${advice}`}`.trimEnd(), { where, label: String(value) }); // prettier-ignore
    return number;
  });
}

/** Numbers, and text that is written as one, without an exponent: 1e5 is a name, as short hashes are. */
const isNumber = (value: unknown) =>
  typeof value === "string"
    ? /^[+-]?(\d+\.?\d*|\.\d+)$/.test(value)
    : typeof value === "number" || typeof value === "bigint";

function textOf({ value, where }: Label): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value); // prettier-ignore
  throw new CajalError("bad-file", `${where}: got ${value instanceof Date ? "a date" : showValue(value)} as label, expected text or a number.`, { where }); // prettier-ignore
}
