// Runs a suite and makes a report of what it says.
import { CajalError, checkOptions, unknownName } from "@cajal/core";
import { environment, host } from "../measure/environment";
import type { BenchRecord } from "../measure/record";
import type { Check } from "../measure/check";
import type { Report } from "../report/report";
import type { Section } from "../report/sections";
import type { Shard, SuiteEvent, SuiteSettings } from "./suite";
import { suites } from "./index";

export interface RunSuiteOptions {
  /** Of splits, weights and orders; default 42. */
  seed?: number;
  /** Ends the run between two measurements. */
  signal?: AbortSignal;
  /** What of the suite is measured, and where; default: all of it. */
  settings?: SuiteSettings;
  /** Where records are kept as they come, so that a run that was stopped goes on. */
  folder?: string;
  /** Whether what the folder holds of an earlier run is measured again. Default false. */
  fresh?: boolean;
  /** The part of the measurements that is done here, of several machines' parts. */
  shard?: Shard;
  /** Address of a Redis server, redis://…: the measurements are done by workers that wait there. */
  queue?: string;
}

/**
 * Runs a suite; the last event carries the report. Leaving the loop ends the work and frees memory.
 *
 * @param name default "embedded": data that is in the packages, nothing is downloaded
 * @param options.seed of splits, weights and orders; default 42
 * @param options.signal ends it between two measurements
 * @param options.settings what the suite is to measure
 * @param options.folder where the records of suites that are many measurements are kept as they come; a run that was
 *   killed goes on from there
 * @param options.fresh begins anew all the same
 * @param options.shard one of several parts of such a suite
 * @param options.queue address of a Redis server, at which `cajal worker --queue` measures what such a suite consists of
 * @throws CajalError `unknown-name`; `bad-argument` for a setting that means nothing to the suite; `missing-peer`,
 *   `network` for a queue
 * @example
 * for await (const event of runSuite("embedded")) if (event.type === "end") console.log(event.report.records);
 */
export async function* runSuite(
  name = "embedded",
  options: RunSuiteOptions = {},
): AsyncGenerator<SuiteEvent, void, undefined> {
  checkOptions("runSuite", options, [
    "seed",
    "signal",
    "settings",
    "folder",
    "fresh",
    "shard",
    "queue",
  ]);
  const { seed = 42, signal, settings = {}, folder, fresh, shard, queue } = options;
  const suite = suites.find((each) => each.name === name);
  if (suite === undefined)
    throw unknownName(
      "suite",
      name,
      suites.map((each) => each.name),
    );
  for (const [setting, value] of Object.entries(settings))
    if (value !== undefined && !suite.takes.some((each) => each === setting))
      throw new CajalError(
        "bad-argument",
        `suite ${name}: ${setting} means nothing to it${suite.takes.length === 0 ? "; it takes no settings" : `; it takes ${suite.takes.join(", ")}`}.`,
        { suite: name, setting },
      );
  if (suite.sections === undefined && (shard ?? queue) !== undefined)
    throw new CajalError(
      "bad-argument",
      `suite ${name} is one piece: it cannot be shared among machines. Those that can: ${suites.filter((each) => each.sections).map((each) => each.name).join(", ")}.`, // prettier-ignore
      { suite: name },
    );
  const began = new Date();
  const machine = host();
  const records: BenchRecord[] = [];
  const checks: Check[] = [];
  const sections: Section[] = [];
  const events = suite.run({
    seed,
    signal,
    settings,
    ...(folder !== undefined && { folder }),
    ...(fresh !== undefined && { fresh }),
    ...(shard !== undefined && { shard }),
    ...(queue !== undefined && { queue }),
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
    ...(settingsGiven(settings).length > 0 && {
      options: [...settingsGiven(settings), `--seed ${seed}`].join(" "),
    }),
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

/** Settings as they are typed. */
const settingsGiven = (settings: SuiteSettings): string[] =>
  Object.entries(settings).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const option = { devices: "device", batches: "batch" }[name] ?? name;
    const text = String(value);
    return [`--${option} ${/[^\w,./:+-]/.test(text) ? `'${text}'` : text}`];
  });
