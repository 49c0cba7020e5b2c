// Runs the measurements of a suite, each in its own process, whose end is recorded if it fails.
import { fileURLToPath } from "node:url";
import { isCajalError } from "@cajal/core";
import type { DeviceInfo } from "@cajal/runtime";
import { engineName, figures } from "../text/format";
import { environment, host } from "./environment";
import type { Job } from "./tasks/task";
import type { BenchRecord } from "./record";
import { deviceLabel, hasTf32 } from "./places";
import { median, p90, quantile } from "./statistics";
import { versionsOf } from "./versionsOf";
import { takeTurns, type Timing } from "./turns";
import { runOnce, startWorker, type Worker } from "./workers";
import { openYardstick } from "./yardstick";

/** One measurement of a suite's plan. */
export interface Cell {
  readonly suite: string;
  readonly job: Job;
  /** Fields of its records that are known before, such as params and macs. */
  readonly facts?: Partial<BenchRecord>;
  /** Timed cells of the same group are interleaved; a cell without a group runs alone. */
  readonly turns?: string;
  /** Seconds without output after which its process counts as hanging. */
  readonly patience?: number;
}

/** A key of the measurement, which does not depend on the machine. */
export const keyOf = ({ suite, job }: Cell): string =>
  [suite, job.task ?? job.phase, job.model, job.dataset, job.engine, deviceLabel(job), job.batch]
    .filter((part) => part !== undefined)
    .join(" · ");

export interface MeasureOptions {
  readonly places: readonly DeviceInfo[];
  /** Number of rounds of each timed cell. */
  readonly rounds: number;
  /** Seconds of each round, at least one step. */
  readonly seconds?: number;
  /** Seconds that all rounds of a cell but its first may take. */
  readonly budget?: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** How a job's process is started; default: the command line beside this file. */
  readonly command?: (job: Job) => [string, ...string[]];
}

export type CellEvent =
  | { type: "progress"; done: number; note: string }
  /** The records of a cell, at least one; for a failed cell a record of the failure. */
  | { type: "measured"; cell: Cell; records: BenchRecord[] };

/** Cells that belong together, in the order of the plan. */
export function groupsOf(cells: readonly Cell[]): Cell[][] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const group = cell.turns === undefined ? keyOf(cell) : `turns ${cell.turns}`;
    groups.set(group, [...(groups.get(group) ?? []), cell]);
  }
  return [...groups.values()];
}

/** Measures cells that belong together. */
export const measureGroup = (
  group: readonly Cell[],
  options: MeasureOptions,
): AsyncGenerator<CellEvent, void, undefined> =>
  group[0]!.turns === undefined ? measureOnce(group[0]!, options) : measureInTurns(group, options);

async function* measureOnce(cell: Cell, options: MeasureOptions): AsyncGenerator<CellEvent> {
  const { signal, command = workerCommand } = options;
  let records: BenchRecord[];
  try {
    const run = runOnce(nameOf(cell), command(cell.job), workerOptions(cell, signal));
    let step = await run.next();
    for (; step.done !== true; step = await run.next()) yield { type: "progress", ...step.value };
    records = step.value.map((fields) => recordOf(cell, fields as Partial<BenchRecord>, options));
  } catch (error) {
    signal?.throwIfAborted();
    records = [failedCell(cell, error, options)];
  }
  yield { type: "measured", cell, records };
}

const workerOptions = ({ job, patience }: Cell, signal?: AbortSignal) => ({
  signal,
  env: environmentOf(job),
  ...(patience !== undefined && { patience }),
});

/** `mobilenet on ONNX Runtime · cpu` */
const nameOf = ({ job, facts }: Cell): string => `${facts?.model ?? job.model} on ${engineName({ ...job, device: deviceLabel(job) })}`; // prettier-ignore

/** A running cell. */
interface Contestant {
  readonly cell: Cell;
  worker: Worker;
  difference?: number;
}

/** Seconds that a process may take to get ready for each round to have one of its own. */
const quickStart = 3;
/** Milliseconds of steps that are not counted: JavaScript is compiled meanwhile. */
const warmUp = 300;

async function* measureInTurns(
  group: readonly Cell[],
  options: MeasureOptions,
): AsyncGenerator<CellEvent> {
  const { signal, rounds, seconds, budget, command = workerCommand } = options;
  const contestants: Contestant[] = [];
  const yardstick = await openYardstick();
  const isQuick = new Map<string, boolean>();
  const launch = async (cell: Cell) => {
    const startTime = performance.now();
    const worker = await startWorker(nameOf(cell), command(cell.job), workerOptions(cell, signal));
    isQuick.set(keyOf(cell), performance.now() - startTime < 1000 * quickStart);
    if (worker.warm > warmUp) return worker;
    const steps = Math.round(warmUp / Math.max(worker.warm, 0.1));
    try {
      const { median_ms } = await worker.turn(steps);
      return { ...worker, warm: median_ms };
    } catch (error) {
      worker.stop();
      throw error;
    }
  };
  const renew = async (worker: Worker) => {
    const contestant = contestants.find((each) => each.worker === worker)!;
    if (!isQuick.get(keyOf(contestant.cell))) return worker;
    worker.stop();
    return (contestant.worker = await launch(contestant.cell));
  };
  try {
    for (const [i, cell] of group.entries()) {
      yield { type: "progress", done: (0.3 * i) / group.length, note: `${engineName(cell.job)} warms up` }; // prettier-ignore
      try {
        contestants.push({ cell, worker: await launch(cell) });
      } catch (error) {
        signal?.throwIfAborted();
        yield { type: "measured", cell, records: [failedCell(cell, error, options)] };
      }
    }
    for (const { contestant, error } of await prove(contestants, launch, options)) {
      contestants.splice(contestants.indexOf(contestant), 1);
      contestant.worker.stop();
      const { cell, difference } = contestant;
      const record = failedCell(cell, error, options);
      yield { type: "measured", cell, records: [{ ...record, ...(difference !== undefined && { failure: "wrong", difference }) }] }; // prettier-ignore
    }
    const workers = contestants.map(({ worker }) => worker);
    const turns = takeTurns(workers, { rounds, seconds, budget, yardstick, renew });
    let turn = await turns.next();
    for (; turn.done !== true; turn = await turns.next()) {
      signal?.throwIfAborted();
      yield { type: "progress", done: 0.3 + 0.7 * turn.value.done, note: turn.value.name };
    }
    signal?.throwIfAborted();
    for (const [i, { cell, worker, difference }] of contestants.entries()) {
      const timing = turn.value[i]!;
      const record =
        timing.error === undefined
          ? recordOf(cell, { ...timesOf(timing, worker), ...(difference !== undefined && { difference }) }, options) // prettier-ignore
          : failedCell(cell, timing.error, options);
      yield { type: "measured", cell, records: [record] };
    }
  } finally {
    for (const { worker } of contestants) worker.stop();
    yardstick.stop();
  }
}

/**
 * Float32 sums in another order differ by some 10⁻⁵ of the largest output in the deepest networks; a wrong kernel
 * by much more. TF32 rounds the factors to 10 bits, 5 · 10⁻⁴ of each, which adds up over layers.
 */
const toleranceOf = ({ tf32 }: Job): number => (tf32 ? 0.05 : 2e-3);

/**
 * Checks that all compute the same as ONNX Runtime on the CPU, on the graph that is timed.
 *
 * @returns the cells that differ
 */
async function prove(
  contestants: readonly Contestant[],
  launch: (cell: Cell) => Promise<Worker>,
  { places }: MeasureOptions,
): Promise<{ contestant: Contestant; error: Error }[]> {
  const first = contestants[0]?.cell;
  const cpu = places.find(({ engine, device }) => engine === "onnx" && device === "cpu");
  if (first?.job.phase !== "predict" || !cpu?.available) return [];
  const isReference = ({ worker, cell }: Contestant) => cell.job.engine === "onnx" && (worker.device ?? cell.job.device) === "cpu"; // prettier-ignore
  const others = contestants.filter((each) => !isReference(each));
  if (others.length === 0) return [];
  const running = contestants.find(isReference)?.worker;
  const reference = running ?? (await launch({ ...first, job: { ...first.job, engine: "onnx", device: "cpu" } })); // prettier-ignore
  try {
    const expected = await reference.prove!();
    const wrong: { contestant: Contestant; error: Error }[] = [];
    for (const contestant of others) {
      try {
        const outputs = await contestant.worker.prove!();
        const difference = differenceOf(outputs, expected);
        const tolerance = toleranceOf(contestant.cell.job);
        if (Number.isFinite(difference)) contestant.difference = figures(difference);
        if (difference <= tolerance) continue;
        // NaN is an infinite difference.
        contestant.difference ??= Number.MAX_VALUE;
        const error = new Error(`its outputs differ from ONNX Runtime's on the CPU by ${difference.toPrecision(2)} of the largest, expected ${tolerance} at most`); // prettier-ignore
        wrong.push({ contestant, error });
      } catch (error) {
        wrong.push({
          contestant,
          error: error instanceof Error ? error : new Error(String(error)),
        });
      }
    }
    return wrong;
  } finally {
    if (running === undefined) reference.stop();
  }
}

/** The largest difference of two outputs, relative to the largest output. */
export function differenceOf(outputs: readonly number[], expected: readonly number[]): number {
  if (outputs.length !== expected.length) return NaN;
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let difference = 0;
  for (const [i, value] of outputs.entries()) {
    if (!Number.isFinite(value)) return NaN;
    difference = Math.max(difference, Math.abs(value - expected[i]!));
  }
  return difference === 0 ? 0 : difference / largest;
}

const timesOf = (timing: Timing, worker: Worker): Partial<BenchRecord> => ({
  n: timing.n,
  median_ms: figures(median(timing.times_ms)),
  p90_ms: figures(p90(timing.times_ms)),
  p99_ms: figures(quantile(timing.times_ms, 0.99)),
  rounds_ms: timing.rounds_ms.map(figures),
  ...(timing.paces.length > 0 && {
    rounds_arithmetic_ms: timing.paces.map(({ arithmetic_ms }) => figures(arithmetic_ms)),
    rounds_memory_ms: timing.paces.map(({ memory_ms }) => figures(memory_ms)),
  }),
  ...(timing.dirty > 0 && { dirty_rounds: timing.dirty }),
  rss_mb: timing.rss_mb,
  ...(worker.openMs !== undefined && { open_ms: figures(worker.openMs) }),
  ...(worker.device !== undefined && { device: worker.device }),
});

function recordOf(
  cell: Cell,
  fields: Partial<BenchRecord>,
  { places, seed }: MeasureOptions,
): BenchRecord {
  const { phase, model, dataset, engine, device, batch } = cell.job;
  const record = {
    suite: cell.suite,
    model,
    ...(dataset !== undefined && { dataset }),
    phase,
    engine,
    device,
    batch,
    n: 0,
    ...cell.facts,
    ...fields,
    seed,
    host: host(),
    at: new Date().toISOString(),
    cell: keyOf(cell),
    environment: environment(),
  };
  const place = places.find((each) => each.engine === record.engine && each.device === record.device); // prettier-ignore
  return { ...record, device: deviceLabel({ device: record.device as Job["device"], tf32: cell.job.tf32 }), versions: versionsOf(place) }; // prettier-ignore
}

/** The record of a failed cell. */
export const failedCell = (cell: Cell, error: unknown, options: MeasureOptions): BenchRecord =>
  recordOf(
    cell,
    {
      failure: failureOf(error),
      reason: error instanceof Error ? error.message : String(error),
    },
    options,
  );

/** The kind of the failure. */
export function failureOf(error: unknown): NonNullable<BenchRecord["failure"]> {
  if (isCajalError(error, "timeout")) return "timeout";
  const message = error instanceof Error ? error.message : String(error);
  if (/out of memory|bad_alloc|allocat|heap limit|ENOMEM|SIGKILL/i.test(message)) return "memory";
  if (/computes .*\bwrongly\b/.test(message)) return "wrong";
  if (isCajalError(error, "engine") && ("killedBy" in error.facts || "code" in error.facts)) return "crash"; // prettier-ignore
  return "error";
}

/** The command line beside this file, when both are built. */
const workerCommand = (job: Job): [string, ...string[]] => [
  process.execPath,
  fileURLToPath(new URL("./cli.js", import.meta.url)),
  "worker",
  JSON.stringify(job),
];

/** TF32 is off unless the job is about it. */
const environmentOf = ({ device, tf32 }: Job): Record<string, string | undefined> =>
  hasTf32(device) ? { NVIDIA_TF32_OVERRIDE: tf32 ? undefined : "0" } : {};
