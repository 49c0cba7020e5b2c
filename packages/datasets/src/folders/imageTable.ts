// Images listed in a table beside them: labels.csv, or metadata.jsonl as the Hugging Face image folder has it.
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { CajalError, checkArgument, unknownName } from "@cajal/core";
import { ioErrors } from "@cajal/files/node";
import type { Dataset } from "../dataset";
import { parseCsv } from "../decode/parseCsv";
import { checkAnswer } from "../answers";
import { classNumbers } from "./classNumbers";
import { imageOnDisk } from "./imageFolder";
import { checkImageOptions, imageSource, type ImageOptions } from "./imageSource";

/** A row of the table, by its column names. */
export type TableRow = Readonly<Record<string, unknown>>;

export interface ImageTableOptions<X extends "uint8" | "float32"> extends ImageOptions<X> {
  /** The column with the files' paths below the table's folder; default: file_name, file or path. */
  readonly file?: string;
  /** The column with the labels; default: label. */
  readonly label?: string;
  /** Which rows; default all. @example where: (row) => row.split === "train" */
  readonly where?: (row: TableRow) => boolean;
  /**
   * Names of the classes, in order; labels are these names, or whole numbers below how many there are. Default: of labels
   * that are text, the sorted ones; of numbers none.
   */
  readonly classes?: readonly string[];
}

/**
 * The images that a table lists, `.csv` or `.jsonl`, as a dataset.
 *
 * x `[n, …]` as `prepare` gives it; y int32 `[n]`: the label itself where all are numbers, which are to be whole,
 * otherwise its number among the classes.
 *
 * @throws CajalError `io`; `bad-file` for a table that is none, a path that leaves its folder, a label that is
 *   missing or no class; `unknown-name` for a column
 * @example const data = await imageTable("digits/labels.csv", { where: (row) => row.split === "train" });
 */
export async function imageTable<X extends "uint8" | "float32" = "uint8">(
  path: string,
  options: ImageTableOptions<X> = {},
): Promise<Dataset<X, "int32">> {
  checkArgument("imageTable", "path", path, "string");
  checkArgument("imageTable", "options", options, "object");
  const { file, label = "label", where = () => true, classes, ...decoding } = options;
  checkImageOptions("imageTable", decoding);
  checkArgument("imageTable", "where", where, "function");
  const text = await ioErrors("reading", path, () => readFile(path, "utf8"));
  const rows = path.endsWith(".jsonl") ? parseJsonl(text, path) : await parseCsv(text, { name: path }); // prettier-ignore
  const columns = Object.keys(rows[0] ?? {});
  const fileColumn = file ?? ["file_name", "file", "path"].find((name) => columns.includes(name));
  if (fileColumn === undefined || !columns.includes(fileColumn))
    throw unknownName(`column of ${path}`, fileColumn ?? "file_name", columns);
  if (!columns.includes(label)) throw unknownName(`column of ${path}`, label, columns);
  if (classes !== undefined) checkArgument("imageTable", "classes", classes, "strings");
  const selected = rows.filter((row) => {
    const answer = where(row);
    checkAnswer("imageTable", "where", answer);
    return answer;
  });
  const labels = selected.map((row, i) => {
    const value = row[label];
    if (value === undefined || value === null || value === "")
      throw new CajalError("bad-file", `${path}: ${String(row[fileColumn])} has no ${label}. Leave the row out by where.`, { path, row: i }); // prettier-ignore
    return { value, where: `${path}: ${String(row[fileColumn])}` };
  });
  const { numbers, classes: names } = classNumbers(labels, classes);
  const images = selected.map((row) => imageOnDisk(dirname(path), inside(row[fileColumn], path)));
  return imageSource(images, numbers, decoding, names);
}

/** A path that stays within the table's folder. */
function inside(file: unknown, table: string): string {
  if (
    typeof file !== "string" ||
    file === "" ||
    /^([/\\]|[A-Za-z]:)/.test(file) ||
    file.split(/[/\\]/).includes("..")
  )
    throw new CajalError("bad-file", `${table}: got the path ${JSON.stringify(file)}, expected one below the table's own folder.`, { table, file }); // prettier-ignore
  return file;
}

/** One JSON object a line. */
function parseJsonl(text: string, name: string): Record<string, unknown>[] {
  return text
    .split(/\r?\n/)
    .map((line, i) => ({ line: line.trim(), number: i + 1 }))
    .filter(({ line }) => line !== "")
    .map(({ line, number }) => {
      let row: unknown;
      try {
        row = JSON.parse(line);
      } catch (cause) {
        throw new CajalError("bad-file", `${name}: line ${number} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { name, line: number }, { cause }); // prettier-ignore
      }
      if (typeof row !== "object" || row === null || Array.isArray(row))
        throw new CajalError("bad-file", `${name}: line ${number} is no JSON object.`, { name, line: number }); // prettier-ignore
      return row as Record<string, unknown>;
    });
}
