// A table of numbers and categories as a dataset.
import {
  CajalError,
  checkArgument,
  checkOptions,
  showValue,
  tensor,
  unknownName,
} from "@cajal/core";
import { dataset, type Dataset } from "../dataset";
import { readCsv } from "../decode/parseCsv";
import { byCodePoint } from "./classFolders";

export interface CsvTableOptions {
  /** The column that is to be predicted. */
  readonly label: string;
  /** The columns that x is made of, default all others. */
  readonly features?: readonly string[];
  /**
   * Columns of numbers, all or most, that are names all the same: each value becomes a feature of its own, 0 or 1; of the
   * label it becomes a class.
   */
  readonly categorical?: readonly string[];
  /** Rows with an empty field, or one of `missingValues`: an error, the default, left out, or NaN where it is. */
  readonly missing?: "error" | "drop" | "nan";
  /** Texts that stand for a missing value; default: "", "NA", "NaN", "nan", "null", "?". */
  readonly missingValues?: readonly string[];
  /** Between two fields, default ",". */
  readonly delimiter?: string;
  /** What to call the table in messages. */
  readonly name?: string;
}

export interface CsvTable {
  /**
   * x float32 `[n, features]`; y int32 `[n]` of class numbers where labels are text or whole numbers from 0 on,
   * else float32 `[n, 1]`.
   */
  readonly data: Dataset<"float32", "int32" | "float32">;
  /** What each number of x is: a column, or "column=value" of one of names. */
  readonly features: readonly string[];
  /** How many fields are missing, by column; those without are not named. */
  readonly missing: Readonly<Record<string, number>>;
  /** Rows that were left out. */
  readonly dropped: number;
}

/**
 * A table as a dataset. A column of numbers is one feature; one with anything else is of names, and each name
 * becomes a feature that is 0 or 1, in sorted order. Where most of a column are numbers and some are not, that is an
 * error, as of a typing mistake, unless the column is one of `categorical`.
 *
 * @param text of a CSV file whose first line names the columns
 * @throws CajalError `bad-file`, also for numbers beyond float32; `bad-argument`; `unknown-name` (column); `missing-peer` where csv-parse is not installed
 * @example const { data, features } = await csvTable(text, { label: "species" });
 */
export async function csvTable(text: string, options: CsvTableOptions): Promise<CsvTable> {
  checkOptions("csvTable", options, ["label", "features", "categorical", "missing", "missingValues", "delimiter", "name"]); // prettier-ignore
  const { label, categorical = [], missing = "error", delimiter, name = "CSV" } = options;
  const { missingValues = ["", "NA", "NaN", "nan", "null", "?"] } = options;
  checkArgument("csvTable", "categorical", categorical, "strings");
  checkArgument("csvTable", "missingValues", missingValues, "strings");
  if (!["error", "drop", "nan"].includes(missing))
    throw new CajalError("bad-argument", `csvTable: got missing ${showValue(missing)}, expected error, drop or nan.`); // prettier-ignore
  const { columns, rows } = await readCsv(text, {
    name,
    ...(delimiter !== undefined && { delimiter }),
  });
  if (rows.length === 0) throw new CajalError("bad-file", `${name}: it has no rows.`, { name });
  const { features = columns.filter((column) => column !== label) } = options;
  checkArgument("csvTable", "features", features, "strings");
  for (const column of [label, ...features, ...categorical])
    if (!columns.includes(column)) throw unknownName(`column of ${name}`, column, columns);
  const again = features.find((column, i) => column === label || features.indexOf(column) !== i);
  if (again !== undefined)
    throw new CajalError("bad-argument", `csvTable: got the column ${again} ${again === label ? "as label and among the features, which would give away what is to be predicted" : "twice among the features"}.`, { column: again }); // prettier-ignore
  const nothing = new Set(missingValues);
  const counts = new Map<string, number>();
  const allRows = rows.map((row, i) => ({ row, number: i + 1 }));
  const whole = allRows.filter(({ row, number }) => {
    const gaps = [label, ...features].filter((column) => nothing.has(row[column]!.trim()));
    for (const column of gaps) counts.set(column, (counts.get(column) ?? 0) + 1);
    if (gaps.length > 0 && (missing === "error" || (missing === "nan" && gaps.includes(label))))
      throw new CajalError("bad-file", `${name}: row ${number} has no ${gaps.map((column) => column || "value in the column without a name").join(", ")}. Choose missing: "drop" to leave such rows out${missing === "error" ? ', or "nan"' : ""}.`, { name, row: number, columns: gaps }); // prettier-ignore
    return gaps.length === 0 || missing === "nan";
  });
  if (whole.length === 0)
    throw new CajalError("bad-file", `${name}: it has ${rows.length} rows, and none without a gap.`, { name, rows: rows.length }); // prettier-ignore

  const fieldsOf = (column: string) =>
    whole.map(({ row, number }): Field => {
      const text = row[column]!.trim();
      return { text, isMissing: nothing.has(text), row: number };
    });
  const featureColumns = features.map((column): FeatureColumn => {
    const fields = fieldsOf(column);
    const what = `${name}: column ${column}`;
    if (!categorical.includes(column) && areNumbers(fields, what)) {
      const numbers = fields.map((field) => numberOf(field, what));
      return { column, names: [column], put: (i, to) => to.fill(numbers[i]!) };
    }
    const present = fields.filter(({ isMissing }) => !isMissing).map(({ text }) => text);
    const kinds = numbered([...new Set(present)].sort(byCodePoint));
    return {
      column,
      names: Array.from(kinds.keys(), (value) => `${column}=${value}`),
      put: (i, to) => {
        const { text, isMissing } = fields[i]!;
        if (isMissing) to.fill(NaN);
        else to[kinds.get(text)!] = 1;
      },
    };
  });
  const width = featureColumns.reduce((sum, { names }) => sum + names.length, 0);
  checkSize(name, whole.length, width, featureColumns);
  const x = tensor("float32", [whole.length, width]);
  let at = 0;
  for (let i = 0; i < whole.length; i++)
    for (const { names, put } of featureColumns) put(i, x.data.subarray(at, (at += names.length)));
  const { y, classes } = labelsOf(
    fieldsOf(label),
    `${name}: column ${label}`,
    categorical.includes(label),
  );
  return {
    data: dataset({ x, y, ...(classes && { classes }) }),
    features: featureColumns.flatMap(({ names }) => names),
    missing: Object.fromEntries(counts),
    dropped: rows.length - whole.length,
  };
}

/** What a column becomes in x. */
interface FeatureColumn {
  readonly column: string;
  readonly names: readonly string[];
  /** @param to the places of row `i`, one for each name, 0 so far */
  put(i: number, to: Float32Array): void;
}

/** Numbers of x at most: 1 GB. */
const mostValues = 2 ** 28;

/** A column of names that are other ones in each row would fill the memory, and end the process. */
function checkSize(name: string, rows: number, width: number, columns: readonly FeatureColumn[]) {
  if (rows * width <= mostValues) return;
  const { column, names } = columns.reduce((a, b) => (b.names.length > a.names.length ? b : a));
  throw new CajalError("bad-argument", `${name}: ${rows} rows of ${width} features are more than fit in memory. ${names.length} of them are the names in column ${column}: leave it out, by features.`, { name, rows, features: width, column }); // prettier-ignore
}

const numbered = (names: readonly string[]) => new Map(names.map((name, i) => [name, i]));

interface Field {
  readonly text: string;
  readonly isMissing: boolean;
  /** Its number, for messages. */
  readonly row: number;
}

/** Decimal, as pandas takes them: 0x1f is a name. */
const isNumber = (text: string) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
const hasDecimalComma = (text: string) => /^[+-]?\d+,\d+$/.test(text);

/**
 * Whether a column is of numbers; one of numbers that were mistyped is neither that nor one of names.
 *
 * @param column what to call it in messages
 */
function areNumbers(fields: readonly Field[], column: string): boolean {
  const present = fields.filter(({ isMissing }) => !isMissing);
  const odd = present.find(({ text }) => !isNumber(text));
  if (odd === undefined) return true;
  const count = present.filter(({ text }) => isNumber(text) || hasDecimalComma(text)).length;
  if (2 * count > present.length)
    throw new CajalError("bad-file", `${column}, row ${odd.row}: ${showValue(odd.text)} is no number, and most of the column are. ${hasDecimalComma(odd.text) ? "Write decimal points" : "Correct it, or name it in missingValues"}; where the column is of names, list it in categorical.`, { text: odd.text }); // prettier-ignore
  return false;
}

/** As float32 has it. */
function numberOf({ text, isMissing, row }: Field, column: string): number {
  if (isMissing) return NaN;
  const number = Math.fround(Number(text));
  if (!Number.isFinite(number)) throw new CajalError("bad-file", `${column}, row ${row}: ${text} is beyond the numbers of float32, ±3.4e38.`, { text }); // prettier-ignore
  return number;
}

function labelsOf(fields: readonly Field[], column: string, areNames: boolean) {
  const n = fields.length;
  if (areNames || !areNumbers(fields, column)) {
    const classes = [...new Set(fields.map(({ text }) => text))].sort(byCodePoint);
    const numbers = numbered(classes);
    return { y: tensor("int32", [n], fields.map(({ text }) => numbers.get(text)!)), classes }; // prettier-ignore
  }
  const numbers = fields.map((field) => numberOf(field, column));
  // Whole numbers from 0 on, none left out, are numbers of classes.
  const kinds = new Set(numbers);
  const areClasses = [...kinds].every((v) => Number.isInteger(v) && v >= 0 && v < kinds.size);
  return { y: areClasses ? tensor("int32", [n], numbers) : tensor("float32", [n, 1], numbers) };
}
