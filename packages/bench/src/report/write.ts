// A report as files: the numbers, a text and a page.
import { checkArgument } from "@cajal/core";
import { writeAllWhole } from "@cajal/files/node";
import { join } from "node:path";
import type { Report } from "./report";
import { reportHtml } from "./html";
import { reportMarkdown } from "./markdown";

/** The files of a report. */
export const reportFiles = ["report.json", "report.md", "report.html"] as const;

/**
 * Writes report.json, report.md and report.html, whole or not at all.
 *
 * @returns their paths
 * @throws CajalError `io`; `bad-argument` where one of the names is taken by what is no file
 */
export async function writeReport(folder: string, report: Report): Promise<string[]> {
  checkArgument("writeReport", "folder", folder, "path");
  const contents: Record<(typeof reportFiles)[number], string> = {
    "report.json": `${JSON.stringify(report, null, 1)}\n`,
    "report.md": reportMarkdown(report),
    "report.html": reportHtml(report),
  };
  const files = reportFiles.map((name) => [join(folder, name), contents[name]] as const);
  await writeAllWhole(files);
  return files.map(([path]) => path);
}
