// What a suite is: an async generator that says what it does as it does it.
import type { BenchRecord } from "../measure/record";
import type { Check, Report } from "../report/report";
import type { Section } from "../report/sections";

export type SuiteEvent =
  | { type: "stage"; title: string }
  /** `done`: share of the stage, 0–1. */
  | { type: "progress"; done: number; note: string }
  | { type: "stage-end"; result: string }
  | { type: "record"; record: BenchRecord }
  | { type: "check"; check: Check }
  | { type: "section"; section: Section }
  | { type: "end"; report: Report };

/** What the stages of a suite say; the end is said for them. */
export type StageEvent = Exclude<SuiteEvent, { type: "end" }>;

export interface SuiteContext {
  seed: number;
  signal?: AbortSignal;
  /** Completes a record with what is the same for all of a run: suite, seed, host, time. */
  record(measured: Omit<BenchRecord, "suite" | "seed" | "host" | "at">): BenchRecord;
}

export interface Suite {
  name: string;
  title: string;
  /** One line for the help. */
  description: string;
  run(context: SuiteContext): AsyncGenerator<StageEvent, void, undefined>;
}
