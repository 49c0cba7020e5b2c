// What could not be measured, and what became of it.
import { markdownTable } from "../../text/tables";
import { type BenchRecord, failures as kinds, identityOf } from "../../measure/record";
import { el } from "../plots/markup";
import * as is from "../rules";
import { defineSection } from "./shared/defineSection";
import { tableRow } from "./shared/parts";

export interface FailuresSection {
  type: "failures";
  failures: { what: string; failure: (typeof kinds)[number]; reason: string }[];
}

export const failures = defineSection<FailuresSection>({
  type: "failures",
  check: is.object({
    failures: is.list(is.object({ what: is.text, failure: is.oneOf(kinds), reason: is.text })),
  }),
  html: ({ failures }) =>
    el(
      "section",
      {},
      el("h2", {}, "What could not be measured"),
      el(
        "p",
        {},
        "Each measurement has a process of its own: what becomes of it is a result, too.",
      ),
      el(
        "div",
        { class: "scroll" },
        el(
          "table",
          {},
          tableRow("th", "measurement", "what happened", ""),
          failures.map(({ what, failure, reason }) => tableRow("td", what, words[failure], reason)),
        ),
      ),
    ),
  markdown: ({ failures }) =>
    [
      "## What could not be measured",
      markdownTable(
        ["measurement", "what happened", ""],
        failures.map(({ what, failure, reason }) => [what, words[failure], reason]),
      ),
    ].join("\n\n"),
});

const words: Readonly<Record<(typeof kinds)[number], string>> = {
  crash: "its process crashed",
  memory: "out of memory",
  timeout: "no answer in time",
  wrong: "it computes wrongly",
  error: "an error",
};

export function failuresOf(records: readonly BenchRecord[]): FailuresSection[] {
  const failures = records.flatMap(({ failure, reason = "", ...record }) =>
    failure === undefined
      ? []
      : [{ what: identityOf(record as BenchRecord), failure, reason: reason.slice(0, 400) }],
  );
  return failures.length === 0 ? [] : [{ type: "failures", failures }];
}
