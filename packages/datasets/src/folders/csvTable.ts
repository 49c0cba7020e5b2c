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
import { parseCsv } from "../decode/parseCsv";
import { byCodePoint } from "./classFolders";

export interface CsvTableOptions {
  /** The column that is to be predicted. */
  readonly label: string;
  /** The columns that x is made of, default all others. */
  readonly features?: readonly string[];
  /** Columns of numbers that are names all the same: each value becomes a feature of its own, 0 or 1. */
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
 * becomes a feature that is 0 or 1, in sorted order.
 *
 * @param text of a CSV file whose first line names the columns
 * @throws CajalError `bad-file`; `unknown-name` (column); `missing-peer` where csv-parse is not installed
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
  const rows = await parseCsv(text, { name, ...(delimiter !== undefined && { delimiter }) });
  if (rows.length === 0) throw new CajalError("bad-file", `${name}: it has no rows.`, { name });
  const columns = Object.keys(rows[0]!);
  const { features = columns.filter((column) => column !== label) } = options;
  checkArgument("csvTable", "features", features, "strings");
  for (const column of [label, ...features, ...categorical])
    if (!columns.includes(column)) throw unknownName(`column of ${name}`, column, columns);
  const nothing = new Set(missingValues);
  const counts: Record<string, number> = {};
  const whole = rows.filter((row, i) => {
    const gaps = [label, ...features].filter((column) => nothing.has(row[column]!.trim()));
    for (const column of gaps) counts[column] = (counts[column] ?? 0) + 1;
    if (gaps.length > 0 && (missing === "error" || (missing === "nan" && gaps.includes(label))))
      throw new CajalError("bad-file", `${name}: row ${i + 1} has no ${gaps.join(", ")}. Choose missing: "drop" to leave such rows out${missing === "error" ? ', or "nan"' : ""}.`, { name, row: i + 1, columns: gaps }); // prettier-ignore
    return gaps.length === 0 || missing === "nan";
  });
  if (whole.length === 0)
    throw new CajalError("bad-file", `${name}: it has ${rows.length} rows, and none without a gap.`, { name, rows: rows.length }); // prettier-ignore

  const featureColumns = features.flatMap((column) => {
    const fields = whole.map((row) => row[column]!.trim());
    const present = fields.filter((field) => !nothing.has(field));
    if (!categorical.includes(column) && present.every(isNumber))
      return [{ name: column, values: fields.map((field) => (nothing.has(field) ? NaN : Number(field))) }]; // prettier-ignore
    return [...new Set(present)].sort(byCodePoint).map((value) => ({
      name: `${column}=${value}`,
      values: fields.map((field) => (nothing.has(field) ? NaN : Number(field === value))),
    }));
  });
  const x = tensor("float32", [whole.length, featureColumns.length]);
  featureColumns.forEach(({ values }, j) =>
    values.forEach((value, i) => (x.data[i * featureColumns.length + j] = value)),
  );
  const { y, classes } = labelsOf(whole.map((row) => row[label]!.trim()));
  return {
    data: dataset({ x, y, ...(classes && { classes }) }),
    features: featureColumns.map((each) => each.name),
    missing: counts,
    dropped: rows.length - whole.length,
  };
}

/** Decimal, as pandas takes them: 0x1f is a name. */
const isNumber = (field: string) =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(field) && Number.isFinite(Number(field));

function labelsOf(fields: readonly string[]) {
  const n = fields.length;
  const numbers = fields.map(Number);
  if (!fields.every(isNumber)) {
    const classes = [...new Set(fields)].sort(byCodePoint);
    return { y: tensor("int32", [n], fields.map((field) => classes.indexOf(field))), classes }; // prettier-ignore
  }
  // Whole numbers from 0 on, none left out, are numbers of classes.
  const kinds = new Set(numbers);
  const areClasses = [...kinds].every((v) => Number.isInteger(v) && v >= 0 && v < kinds.size);
  return { y: areClasses ? tensor("int32", [n], numbers) : tensor("float32", [n, 1], numbers) };
}
