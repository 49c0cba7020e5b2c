// What a suite is: an async generator that says what it does as it does it.
import type { BenchRecord } from "../measure/record";
import type { Check } from "../measure/check";
import type { Report } from "../report/report";
import type { Section } from "../report/sections";

export type SuiteEvent =
  | { type: "stage"; title: string }
  /** `done`: share of the stage, 0–1. */
  | { type: "progress"; done: number; note: string }
  | { type: "stage-end"; result: string }
  /** Something to know, such as what will be fetched. */
  | { type: "note"; text: string }
  | { type: "record"; record: BenchRecord }
  | { type: "check"; check: Check }
  | { type: "section"; section: Section }
  | { type: "end"; report: Report };

/** What the stages of a suite say; the end is said for them. */
export type StageEvent = Exclude<SuiteEvent, { type: "end" }>;

/** What can be chosen; each suite says which of it it takes. */
export interface SuiteSettings {
  /** Names of networks, or files. */
  readonly models?: readonly string[];
  readonly engines?: readonly string[];
  /** Names, `auto`, `gpu` (the first of each engine) or `all` that work. */
  readonly devices?: readonly string[];
  readonly batches?: readonly number[];
  /** Names of data sets. */
  readonly datasets?: readonly string[];
  /** Folder with images, or with the files of data sets. */
  readonly data?: string;
  /** How pixels become the input of a network from a file: "tf", "caffe" or "torch". */
  readonly preprocess?: string;
  /** Turns that each timed measurement has. */
  readonly rounds?: number;
  /** Examples that are learned from, or judged. */
  readonly examples?: number;
  readonly threads?: number;
}

/** One of `count` parts of a suite, for machines that share it; from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

export interface SuiteContext {
  seed: number;
  signal?: AbortSignal;
  settings: SuiteSettings;
  /** Where records are kept as they come, to go on from; without it a run begins anew. */
  folder?: string;
  /** Measures anew what the folder has records of. */
  fresh?: boolean;
  shard?: Shard;
  /** Redis, through which workers on any machine measure it. */
  queue?: string;
  /** Completes a record with what is the same for all of a run: suite, seed, host, time. */
  record(measured: Omit<BenchRecord, "suite" | "seed" | "host" | "at">): BenchRecord;
}

export interface Suite {
  name: string;
  title: string;
  /** One line for the help. */
  description: string;
  /** The settings that mean something to it. */
  takes: readonly (keyof SuiteSettings)[];
  run(context: SuiteContext): AsyncGenerator<StageEvent, void, undefined>;
  /** The report of records alone, where the suite's report is made of them. */
  sections?(records: readonly BenchRecord[]): Section[];
}
