// The interface of suites: async generators of events.
import type { BenchRecord } from "../measure/record";
import type { Check } from "../measure/check";
import type { Report } from "../report/report";
import type { Section } from "../report/sections";

export type SuiteEvent =
  | { type: "stage"; title: string }
  /** `done`: share of the stage, 0–1. */
  | { type: "progress"; done: number; note: string }
  | { type: "stage-end"; result: string }
  /** A note for the user, such as what will be downloaded. */
  | { type: "note"; text: string }
  | { type: "record"; record: BenchRecord }
  | { type: "check"; check: Check }
  | { type: "section"; section: Section }
  | { type: "end"; report: Report };

/** The events of a suite's stages; the end event is added by `runSuite`. */
export type StageEvent = Exclude<SuiteEvent, { type: "end" }>;

/** Settings of suites; each suite lists those that it takes. */
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
  /** Number of rounds of each timed measurement. */
  readonly rounds?: number;
  /** Number of examples to train on, or to evaluate. */
  readonly examples?: number;
  readonly threads?: number;
}

/** One of `count` parts of a suite that several machines share; `index` from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

export interface SuiteContext {
  seed: number;
  signal?: AbortSignal;
  settings: SuiteSettings;
  /** Folder in which records are stored as they arrive, to resume from; without it a run begins anew. */
  folder?: string;
  /** Whether measurements with records in the folder are repeated. */
  fresh?: boolean;
  shard?: Shard;
  /** Redis server through which workers on any machine run the measurements. */
  queue?: string;
  /** Adds the fields that all records of a run share: suite, seed, host, time. */
  record(measured: Omit<BenchRecord, "suite" | "seed" | "host" | "at">): BenchRecord;
}

export interface Suite {
  name: string;
  title: string;
  /** One line for the help. */
  description: string;
  /** The settings that it takes. */
  takes: readonly (keyof SuiteSettings)[];
  run(context: SuiteContext): AsyncGenerator<StageEvent, void, undefined>;
  /** Makes the report from records, for suites whose report consists of them. */
  sections?(records: readonly BenchRecord[]): Section[];
}
