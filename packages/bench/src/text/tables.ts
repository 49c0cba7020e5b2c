// Tables of text and of Markdown.
import { escapeMarkdown } from "./markdownText";
import { printableLine } from "./printable";

/** Rows as a table of text: columns aligned, numbers to the right. */
export function textTable(
  header: readonly string[],
  cells: readonly (readonly string[])[],
  { indent = "" }: { indent?: string } = {},
): string {
  const rows = cells.map((row) => row.map(printableLine));
  const widths = header.map((name, i) =>
    Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const numeric = header.map((_, i) =>
    rows.every((row) => /^([\u2013-]|[+-]?[\d.,]+.*)?$/.test(row[i] ?? "")),
  );
  const show = (row: readonly string[]) =>
    indent +
    row
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  return [
    show(header),
    indent + widths.map((width) => "─".repeat(width)).join("  "),
    ...rows.map(show),
  ].join("\n");
}

/** Rows as a table of Markdown. */
export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const show = (row: readonly string[]) => `| ${row.map(escapeMarkdown).join(" | ")} |`;
  return [show(header), show(header.map(() => "---")), ...rows.map(show)].join("\n");
}
