// Suites that are plans of measurements, each in its own process; records are stored as they arrive.
import { resolve } from "node:path";
import type { DeviceInfo } from "@cajal/runtime";
import { type Cell, groupsOf, keyOf, measureGroup, type MeasureOptions } from "../../measure/cells";
import { shareGroups } from "../../measure/queue/shareGroups";
import type { BenchRecord } from "../../measure/record";
import type { Section } from "../../report/sections";
import type { StageEvent, Suite, SuiteContext, SuiteSettings } from "../suite";
import { openJournal } from "./journal";

export interface Plan {
  readonly cells: readonly Cell[];
  readonly places: readonly DeviceInfo[];
  /** A note on downloads and duration, for large suites. */
  readonly notes?: readonly string[];
}

export interface CellSuite extends Pick<Suite, "name" | "title" | "description" | "takes"> {
  plan(
    settings: SuiteSettings,
    context: Pick<SuiteContext, "seed" | "signal" | "folder" | "fresh">,
  ): Promise<Plan>;
  /** Makes the report from the records of a run, or of several merged ones. */
  sections(records: readonly BenchRecord[]): Section[];
  /** Options of the measurement, where they differ from the defaults. */
  readonly measuring?: Partial<MeasureOptions>;
}

/** Makes a suite from a plan of cells. */
export const cellSuite = (suite: CellSuite): Suite & Pick<CellSuite, "plan" | "sections"> => ({
  ...suite,
  run: (context) => runCells(suite, context),
});

async function* runCells(
  suite: CellSuite,
  context: SuiteContext,
): AsyncGenerator<StageEvent, void, undefined> {
  const { settings, seed, signal, folder, fresh, queue, shard = { index: 1, count: 1 } } = context; // prettier-ignore
  const measuredWith = measuringOf(settings);
  const journal = await openJournal(folder, { suite: suite.name, seed, settings: measuredWith, ...(fresh && { fresh }) }); // prettier-ignore
  yield { type: "stage", title: "What is to be measured" };
  const { cells: planned, places, notes = [] } = await suite.plan(settings, context);
  // What is named twice is measured once.
  const cells = [...new Map(planned.map((cell) => [keyOf(cell), cell])).values()];
  // Whole groups: interleaved measurements must run on one machine.
  const groups = groupsOf(cells).filter((_, i) => i % shard.count === shard.index - 1);
  const plannedKeys = new Set(groups.flat().map(keyOf));
  const done = new Set(journal.records.map(({ cell }) => cell));
  const remaining = groups
    .map((group) => group.filter((cell) => !done.has(keyOf(cell))))
    .filter((group) => group.length > 0);
  yield { type: "stage-end", result: countOf(plannedKeys.size, [...plannedKeys].filter((key) => done.has(key)).length) }; // prettier-ignore
  for (const text of notes) yield { type: "note", text };
  const records = journal.records.filter(({ cell }) => plannedKeys.has(cell ?? ""));
  for (const record of records) yield { type: "record", record };
  const options: MeasureOptions = { rounds: 5, budget: 30, ...suite.measuring, places, seed, signal, ...(settings.rounds !== undefined && { rounds: settings.rounds }) }; // prettier-ignore
  async function* storeRecords(measured: readonly BenchRecord[]): AsyncGenerator<StageEvent> {
    const named = Object.keys(measuredWith).length === 0 ? measured : measured.map((record) => ({ ...record, settings: measuredWith })); // prettier-ignore
    await journal.add(named);
    for (const record of named) {
      records.push(record);
      yield { type: "record", record };
      if (record.failure !== undefined)
        yield { type: "note", text: `${record.cell}: ${record.failure}: ${record.reason ?? ""}` };
    }
  }
  if (queue !== undefined && remaining.length > 0) {
    yield { type: "stage", title: `${remaining.length} left, for workers` };
    const before = records.length;
    for await (const event of shareGroups(remaining, queue, { ...options, fresh: fresh ?? false }))
      if (event.type === "progress") yield event;
      else yield* storeRecords(event.records);
    yield { type: "stage-end", result: failuresOf(records.slice(before)) };
  }
  for (const [i, group] of queue === undefined ? remaining.entries() : []) {
    yield { type: "stage", title: `${i + 1} of ${remaining.length}: ${titleOf(group)}` };
    const before = records.length;
    for await (const event of measureGroup(group, options))
      if (event.type === "progress") yield event;
      else yield* storeRecords(event.records);
    yield { type: "stage-end", result: failuresOf(records.slice(before)) };
  }
  for (const section of suite.sections(records)) yield { type: "section", section };
}

/** The settings on which numbers depend; the others choose which are measured. */
const measuringOf = ({ data, preprocess, rounds, examples, threads }: SuiteSettings): Readonly<Record<string, string | number>> => ({
  ...(data !== undefined && { data: resolve(data) }),
  ...(preprocess !== undefined && { preprocess }),
  ...(rounds !== undefined && { rounds }),
  ...(examples !== undefined && { examples }),
  ...(threads !== undefined && { threads }),
}); // prettier-ignore

const failuresOf = (records: readonly BenchRecord[]): string => {
  const failures = records.filter(({ failure }) => failure !== undefined).length;
  return failures === 0 ? "" : `${failures} failed`;
};

const countOf = (all: number, done: number): string =>
  `${all} ${all === 1 ? "measurement" : "measurements"}, each in a process of its own${done === 0 ? "" : `; ${done} ${done === 1 ? "is" : "are"} there already (--fresh measures anew)`}`;

/** `mobilenet, predict, batch 1, on 3 devices` */
function titleOf(group: readonly Cell[]): string {
  const { phase, task, model, dataset, batch } = group[0]!.job;
  const what = [
    group[0]!.facts?.model ?? model,
    ...(dataset === undefined ? [] : [dataset]),
    task ?? phase,
    ...(group[0]!.turns === undefined ? [] : [`batch ${batch}`]),
  ].join(", ");
  return group.length === 1 ? what : `${what}, on ${group.length} devices`;
}
