// A report as files: the numbers, a text and a page.
import type { Report } from "./report";
import { reportHtml } from "./html";
import { reportMarkdown } from "./markdown";
import { writeFiles } from "../writeFiles";

/**
 * Writes report.json, report.md and report.html, whole or not at all.
 *
 * @returns their paths
 * @throws CajalError `io`
 */
export const writeReport = (folder: string, report: Report): Promise<string[]> =>
  writeFiles(folder, {
    "report.json": `${JSON.stringify(report, null, 1)}\n`,
    "report.md": reportMarkdown(report),
    "report.html": reportHtml(report),
  });
