// The report as Markdown: what fits in a terminal, a README or an issue.
import { markdownTable } from "../text/tables";
import { checkReport } from "./checkReport";
import { duration } from "../text/format";
import { highlights } from "./highlights";
import { codeSpan, md } from "../text/markdownText";
import { commandOf, type Report } from "./report";
import { definitionOf } from "./sections";

/** @throws CajalError `bad-file` where the value, read from a file perhaps, is no report */
export function reportMarkdown(report: Report): string {
  checkReport(report);
  const { environment } = report;
  const parts = [
    md`# ${report.title}`,
    codeSpan(commandOf(report)) +
      md`, ${report.at}, ${duration(report.seconds)} on ${environment.cpu}, ${environment.cores} cores.`,
    highlights(report)
      .map(({ value, text }) => md`- **${value}** ${text}`)
      .join("\n"),
    ...report.sections.map((section) => definitionOf(section).markdown(section, report)),
    ...(report.checks.length === 0
      ? []
      : [
          "## What had to hold",
          report.checks
            .map(
              ({ name, held, got, expected }) =>
                `- ${held ? "held" : "**did not hold**"}: ` +
                md`${name}: ${got} (expected ${expected})`,
            )
            .join("\n"),
        ]),
    "## Where",
    markdownTable(
      ["", ""],
      [
        ["processor", `${environment.cpu}, ${environment.cores} cores`],
        ["memory", `${environment.memory_gb} GB`],
        ["system", environment.os],
        ...Object.entries(report.versions),
        ["seed", String(report.seed)],
      ],
    ),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}
