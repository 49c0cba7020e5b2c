// A report as files: the numbers, a text and a page.
import { checkArgument } from "@cajal/core";
import { writeAllWhole } from "@cajal/files/node";
import { join } from "node:path";
import type { Report } from "./report";
import { recordsCsv } from "./csv";
import { reportHtml } from "./html";
import { reportMarkdown } from "./markdown";

/** The files of a report; the last for those whose suite is a plan of many measurements. */
export const reportFiles = ["report.json", "report.md", "report.html", "records.csv"] as const;

/**
 * Writes report.json, report.md, report.html and, where records are what it is made of, records.csv, whole or not
 * at all.
 *
 * @returns their paths
 * @throws CajalError `io`; `bad-argument` where one of the names is taken by what is no file
 */
export async function writeReport(folder: string, report: Report): Promise<string[]> {
  checkArgument("writeReport", "folder", folder, "path");
  const contents = {
    "report.json": `${JSON.stringify(report, null, 1)}\n`,
    "report.md": reportMarkdown(report),
    "report.html": reportHtml(report),
    ...(report.records.some(({ cell }) => cell !== undefined) && {
      "records.csv": recordsCsv(report.records),
    }),
  } satisfies Partial<Record<(typeof reportFiles)[number], string>>;
  const files = Object.entries(contents).map(([name, text]) => [join(folder, name), text] as const);
  await writeAllWhole(files);
  return files.map(([path]) => path);
}
