// Whether a value is a report: what is drawn from a file may be anything that JSON can write.
import { unknownName } from "@cajal/core";
import * as is from "./rules";
import { sectionDefinitions } from "./sections";
import type { Report } from "./report";

/**
 * @param name what to call the report in messages, e.g. its file's path
 * @throws CajalError `bad-file` with the path of the first part that is none of a report
 */
export function checkReport(value: unknown, name = "report"): asserts value is Report {
  report(value, name);
}

/**
 * Reads report.json.
 *
 * @throws CajalError `bad-file`
 */
export function parseReport(text: string, name = "report"): Report {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw is.bad(name, "text that is no JSON", "a report as cajal run writes it", cause);
  }
  checkReport(value, name);
  return value;
}

const section: is.Rule = (value, path) => {
  is.object({ type: is.text })(value, path);
  const { type } = value as { type: string };
  const definition = sectionDefinitions.find((each) => each.type === type);
  if (definition === undefined)
    throw unknownName(
      `type of ${path}`,
      type.slice(0, 40),
      sectionDefinitions.map((each) => each.type),
      "bad-file",
    );
  definition.check(value, path);
};

const report = is.object({
  format: is.rule('"cajal-report-1"', (value) => value === "cajal-report-1"),
  suite: is.text,
  title: is.text,
  seed: is.rule("a whole number", (value) => Number.isSafeInteger(value)),
  command: is.optional(is.text),
  options: is.optional(is.text),
  at: is.text,
  seconds: is.quantity,
  environment: is.object({ cpu: is.text, cores: is.whole, memory_gb: is.number, os: is.text }),
  versions: is.texts,
  // What of them is drawn; parseRecords says all.
  records: is.list(
    is.object({
      model: is.text,
      phase: is.text,
      ...is.place,
      batch: is.whole,
      median_ms: is.optional(is.quantity),
      p90_ms: is.optional(is.quantity),
    }),
  ),
  checks: is.list(is.object({ name: is.text, held: is.yesOrNo, got: is.text, expected: is.text })),
  sections: is.list(section),
});
