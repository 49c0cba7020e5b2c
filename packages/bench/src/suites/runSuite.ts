// Runs a suite and makes its report.
import { CajalError, checkOptions, unknownName } from "@cajal/core";
import { environment, host } from "../measure/environment";
import type { BenchRecord } from "../measure/record";
import type { Check } from "../measure/check";
import type { Report } from "../report/report";
import type { Section } from "../report/sections";
import type { Shard, SuiteEvent, SuiteSettings } from "./suite";
import { asTyped } from "../text/asTyped";
import { suites } from "./index";

export interface RunSuiteOptions {
  /** Seed of splits, weights and orders; default 42. */
  seed?: number;
  /** Aborts the run between two measurements. */
  signal?: AbortSignal;
  /** Selects measurements of the suite, and devices; default: all. */
  settings?: SuiteSettings;
  /** Folder in which records are stored as they arrive, so that an interrupted run can resume. */
  folder?: string;
  /** Whether measurements of an earlier run in the folder are repeated. Default false. */
  fresh?: boolean;
  /** The part of the measurements to run here, where several machines share them. */
  shard?: Shard;
  /** Address of a Redis server, redis://…, through which workers run the measurements. */
  queue?: string;
}

/**
 * Runs a suite; the last event has the report. Leaving the loop stops the run and frees memory.
 *
 * @param name default "embedded": data that is in the packages, nothing is downloaded
 * @param options.seed of splits, weights and orders; default 42
 * @param options.signal aborts the run between two measurements
 * @param options.settings selects what the suite measures
 * @param options.folder folder in which records are stored as they arrive; an interrupted run resumes from it
 * @param options.fresh repeats the measurements that the folder has records of
 * @param options.shard one of several parts of such a suite
 * @param options.queue address of a Redis server through which `cajal worker --queue` runs the measurements
 * @throws CajalError `unknown-name`; `bad-argument` for a setting that the suite does not take; `missing-peer`,
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
  const startTime = new Date();
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
    options: asTyped({ ...withTypedNames(settings), seed }),
    at: startTime.toISOString(),
    seconds: (Date.now() - startTime.getTime()) / 1000,
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

/** Settings by the names of the command's options. */
const withTypedNames = (settings: SuiteSettings): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      { devices: "device", batches: "batch" }[name] ?? name,
      value,
    ]),
  );
