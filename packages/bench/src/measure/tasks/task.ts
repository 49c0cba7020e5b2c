// What a measuring process can do; one file a task, listed in index.ts.
import type { Tensor } from "@cajal/core";
import type { DeviceChoice } from "@cajal/runtime";
import type { BenchRecord, Phase } from "../record";

/** One measurement, as `cajal worker` receives it. */
export interface Job {
  /** What the record will say was measured. */
  phase: Phase;
  /** What does it; default: what is called as the phase is. */
  task?: string;
  /** Name of a network. */
  model: string;
  dataset?: string;
  engine: "onnx" | "tfjs";
  device: DeviceChoice;
  /** Examples per step. */
  batch: number;
  /** Of weights and data; default 42. */
  seed?: number;
  /** Threads of an engine that has them; default: the engine's. */
  threads?: number;
  /** Steps that come before the first that counts; default 2. */
  warmup?: number;
  /** Repeated in the answers, for harnesses that ask several. */
  labels?: Readonly<Record<string, string>>;
  /** What else the task takes. */
  settings?: Readonly<Record<string, unknown>>;
}

/** What a measurement adds to the identity of its job. */
export type Measured = Partial<BenchRecord> & Pick<BenchRecord, "n">;

/** A step that is timed as often as it is told to, in turns with other processes. */
export interface TimedTask {
  readonly name: string;
  open(job: Job): Promise<{
    /** Its promise resolves when the result is on the CPU. */
    step(): Promise<unknown>;
    /** Where it runs. */
    readonly device: string;
    /** The answer to one example that is the same for all who are asked. */
    prove?(): Promise<Tensor>;
    dispose(): unknown;
  }>;
}

/** A job with the settings of its task. */
export type JobWith<Settings> = Omit<Job, "settings"> & { readonly settings: Settings };

/** Something that is done once. */
export interface SingleTask<Settings = unknown> {
  readonly name: string;
  /** @param progress how much of it is done, 0–1 */
  run(job: JobWith<Settings>, progress: (done: number, note: string) => void): Promise<Measured[]>;
}

export type Task = TimedTask | SingleTask;
