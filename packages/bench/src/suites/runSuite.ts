// Runs a suite and makes a report of what it says.
import { checkOptions, unknownName } from "@cajal/core";
import { environment, host } from "../measure/environment";
import type { BenchRecord } from "../measure/record";
import type { Check, Report } from "../report/report";
import type { Section } from "../report/sections";
import type { Suite, SuiteEvent } from "./suite";
import { embedded } from "./embedded";

/** All suites; the first is the default. */
export const suites: readonly Suite[] = [embedded];

/**
 * Runs a suite; the last event carries the report. Leaving the loop ends the work and frees memory.
 *
 * @param name default "embedded": data that is in the packages, nothing is downloaded
 * @param options.seed of splits, weights and orders; default 42
 * @param options.signal ends it between two measurements
 * @throws CajalError `unknown-name`
 * @example
 * for await (const event of runSuite("embedded")) if (event.type === "end") console.log(event.report.records);
 */
export async function* runSuite(
  name = "embedded",
  options: { seed?: number; signal?: AbortSignal } = {},
): AsyncGenerator<SuiteEvent, void, undefined> {
  checkOptions("runSuite", options, ["seed", "signal"]);
  const { seed = 42, signal } = options;
  const suite = suites.find((each) => each.name === name);
  if (suite === undefined)
    throw unknownName(
      "suite",
      name,
      suites.map((each) => each.name),
    );
  const began = new Date();
  const machine = host();
  const records: BenchRecord[] = [];
  const checks: Check[] = [];
  const sections: Section[] = [];
  const events = suite.run({
    seed,
    signal,
    record: (measured) => ({
      suite: name,
      ...measured,
      seed,
      host: machine,
      at: new Date().toISOString(),
    }),
  });
  for await (const event of events) {
    signal?.throwIfAborted();
    if (event.type === "record") records.push(event.record);
    if (event.type === "check") checks.push(event.check);
    if (event.type === "section") sections.push(event.section);
    yield event;
  }
  const report: Report = {
    format: "cajal-report-1",
    suite: name,
    title: suite.title,
    seed,
    at: began.toISOString(),
    seconds: (Date.now() - began.getTime()) / 1000,
    environment: environment(),
    versions: Object.assign({}, ...records.map((record) => record.versions)) as Record<
      string,
      string
    >,
    records,
    checks,
    sections,
  };
  yield { type: "end", report };
}
