// The report as Markdown: what fits in a terminal, a README or an issue.
import {
  duration,
  engineName,
  exponent,
  fixed,
  milliseconds,
  percent,
  short,
  times,
  whole,
} from "./format";
import { markdownTable } from "../output";
import type { Report, Section } from "./report";
import { highlights } from "./highlights";
import { checkReport } from "./checkReport";
import { codeSpan, md } from "./markdownText";
import { places } from "./places";

/** @throws CajalError `bad-file` where the value, read from a file perhaps, is no report */
export function reportMarkdown(report: Report): string {
  checkReport(report);
  const { environment } = report;
  const parts = [
    md`# ${report.title}`,
    codeSpan(`cajal run ${report.suite} --seed ${report.seed}`) +
      md`, ${report.at}, ${duration(report.seconds)} on ${environment.cpu}, ${environment.cores} cores.`,
    highlights(report)
      .map(({ value, text }) => md`- **${value}** ${text}`)
      .join("\n"),
    ...report.sections.map((section) => write(section, report)),
    "## What had to hold",
    report.checks
      .map(
        ({ name, held, got, expected }) =>
          `- ${held ? "held" : "**did not hold**"}: ` + md`${name}: ${got} (expected ${expected})`,
      )
      .join("\n"),
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
  return `${parts.join("\n\n")}\n`;
}

function write(section: Section, report: Report): string {
  switch (section.type) {
    case "pca":
      return [
        md`## PCA of ${section.dataset}`,
        markdownTable(
          ["component", "explained variance ratio"],
          section.explained_variance_ratio.map((share, i) => [String(i + 1), share.toFixed(8)]),
        ),
      ].join("\n\n");
    case "learning":
      return [
        md`## ${section.model} learns ${section.dataset}`,
        md`${whole(section.params)} parameters, ${short(section.macs)} multiply-adds an example; ${section.optimizer}, batches of ${section.batch}; ${whole(section.train_examples)} examples to learn from, ${whole(section.validation_examples)} held out; ${duration(section.seconds)} on ${engineName(section)}.`,
        markdownTable(
          ["epoch", "loss", "accuracy", "validation loss", "validation accuracy"],
          section.epochs.map((epoch) => [
            String(epoch.epoch),
            fixed(epoch.loss, 4),
            percent(epoch.accuracy, 2),
            fixed(epoch.val_loss, 4),
            percent(epoch.val_accuracy, 2),
          ]),
        ),
      ].join("\n\n");
    case "predictions":
      return [
        "## Confusion matrix",
        "Rows: what it was; columns: what it was read as.",
        markdownTable(
          ["", ...section.classes],
          section.confusion.map((row, truth) => [
            section.classes[truth] ?? "",
            ...row.map((count) => (count === 0 ? "·" : String(count))),
          ]),
        ),
      ].join("\n\n");
    case "engines":
      return [
        "## The same network on every engine",
        ...places(report.records, section.model).map(({ batch, rows }) =>
          [
            md`Batch ${batch}:`,
            markdownTable(
              ["engine", "median", "p90", "against the fastest"],
              rows.map((row) => [
                engineName(row),
                milliseconds(row.median_ms),
                milliseconds(row.p90_ms),
                times(row.median_ms / rows[0]!.median_ms),
              ]),
            ),
          ].join("\n\n"),
        ),
        md`Largest relative difference of logits from ${engineName(section.reference)}: ${section.agreement.map((place) => `${engineName(place)} ${exponent(place.difference)}`).join(", ")}.`,
        ...section.unavailable.map((place) => md`- ${engineName(place)}: ${place.reason}`),
      ].join("\n\n");
  }
}
