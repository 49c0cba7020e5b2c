// Records as a table for spreadsheets: a column for each field that is a number or text, RFC 4180.
import type { BenchRecord } from "../measure/record";

export function recordsCsv(records: readonly BenchRecord[]): string {
  const columns = [
    ...new Set(
      records.flatMap(
        (record) =>
        Object.entries(record).flatMap(([field, value]) => (typeof value === "object" ? [] : [field])), // prettier-ignore
      ),
    ),
  ];
  const rows = records.map((record) => columns.map((column) => field(Reflect.get(record, column))));
  return [columns, ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

function field(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return String(value);
  const text = String(value);
  // A spreadsheet would compute what begins like a formula.
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
