// The tasks of a measuring process; one file per task, listed in index.ts.
import type { Tensor } from "@cajal/core";
import type { DeviceChoice } from "@cajal/runtime";
import type { BenchRecord, Phase } from "../record";

/** One measurement, as `cajal worker` receives it. */
export interface Job {
  /** The phase of the records. */
  phase: Phase;
  /** Name of the task; default: the phase. */
  task?: string;
  /** Name of a network. */
  model: string;
  dataset?: string;
  engine: "onnx" | "tfjs";
  device: DeviceChoice;
  /** Whether an NVIDIA card may round the factors of products to 10 bits (TF32); default false. */
  tf32?: boolean;
  /** Examples per step. */
  batch: number;
  /** Seed of weights and data; default 42. */
  seed?: number;
  /** Threads of an engine that has them; default: the engine's. */
  threads?: number;
  /** Number of warm-up steps; default 2. */
  warmup?: number;
  /** Repeated in the answers, for harnesses that run several jobs. */
  labels?: Readonly<Record<string, string>>;
  /** Further settings of the task. */
  settings?: Readonly<Record<string, unknown>>;
}

/** The fields that a measurement adds to those of its job. */
export type Measured = Partial<BenchRecord> & Pick<BenchRecord, "n">;

/** A task whose step is timed repeatedly, interleaved with other processes. */
export interface TimedTask {
  readonly name: string;
  open(job: Job): Promise<{
    /** Its promise resolves when the result is on the CPU. */
    step(): Promise<unknown>;
    /** The device. */
    readonly device: string;
    /** The output for an example that is the same for all workers. */
    prove?(): Promise<Tensor>;
    dispose(): unknown;
  }>;
}

/** A job with the settings of its task. */
export type JobWith<Settings> = Omit<Job, "settings"> & { readonly settings: Settings };

/** A task that runs once. */
export interface SingleTask<Settings = unknown> {
  readonly name: string;
  /** @param progress called with the share that is done, 0–1 */
  run(job: JobWith<Settings>, progress: (done: number, note: string) => void): Promise<Measured[]>;
}

export type Task = TimedTask | SingleTask;
